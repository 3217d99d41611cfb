import { Button, Form, Input, Radio } from "antd";
import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { GibInput } from "~/parts/amounts";
import { readPattern } from "../requests/request-form";
import { SourceFields } from "./SourceFields";

const variableRule = /^[a-z][a-z0-9_]*$/;

export function TemplateFields() {
  const { t } = useTranslation();
  const root = Form.useWatch<string | undefined>(["content", "root"]);
  return (
    <>
      <div className="editor-pair">
        <Form.Item name={["content", "family"]} label={t("catalogue.family")}>
          <Radio.Group
            options={(["linux", "windows"] as const).map((value) => ({
              value,
              label: t(`catalogue.families.${value}`),
            }))}
          />
        </Form.Item>
        <Form.Item
          name={["content", "root"]}
          label={t("catalogue.root")}
          extra={root === "ephemeral" ? t("vms.root.ephemeral") : t("catalogue.rootKept")}
        >
          <Radio.Group
            options={(["persistent", "ephemeral"] as const).map((value) => ({
              value,
              label: t(`catalogue.roots.${value}`),
            }))}
          />
        </Form.Item>
      </div>
      <SourceFields ephemeral={root === "ephemeral"} />
      {root !== "ephemeral" && (
        <Form.Item name={["content", "min_disk_bytes"]} label={t("catalogue.minDisk")}>
          <GibInput min={0} />
        </Form.Item>
      )}
      <VariableList />
      <Form.Item
        name={["content", "user_data"]}
        label={t("catalogue.userData")}
        extra={t("catalogue.userDataHint", { open: "{{", close: "}}" })}
      >
        <Input.TextArea
          className="mono"
          autoSize={{ minRows: 12, maxRows: 30 }}
          maxLength={16384}
          spellCheck={false}
        />
      </Form.Item>
    </>
  );
}

function VariableList() {
  const { t } = useTranslation();
  return (
    <Form.Item label={t("catalogue.variables")} extra={t("catalogue.variablesHint")}>
      <Form.List name={["content", "variables"]}>
        {(fields, { add, remove }) => (
          <div>
            {fields.length > 0 && (
              <div className="variable-row variable-head" aria-hidden="true">
                <span>{t("catalogue.name")}</span>
                <span>{t("catalogue.title2")}</span>
                <span>{t("catalogue.default")}</span>
                <span>{t("catalogue.pattern")}</span>
              </div>
            )}
            {fields.map(({ key, name }) => (
              <div key={key} className="variable-row">
                <Form.Item
                  name={[name, "name"]}
                  rules={[
                    { required: true },
                    { pattern: variableRule, message: t("catalogue.variableNameRule") },
                  ]}
                >
                  <Input
                    className="mono"
                    maxLength={40}
                    spellCheck={false}
                    aria-label={`${t("catalogue.name")} ${name + 1}`}
                  />
                </Form.Item>
                <Form.Item name={[name, "title"]} rules={[{ required: true }]}>
                  <Input maxLength={100} aria-label={`${t("catalogue.title2")} ${name + 1}`} />
                </Form.Item>
                <Form.Item name={[name, "default"]}>
                  <Input
                    className="mono"
                    maxLength={4096}
                    spellCheck={false}
                    placeholder={t("catalogue.defaultNone")}
                    aria-label={`${t("catalogue.default")} ${name + 1}`}
                  />
                </Form.Item>
                <Form.Item
                  name={[name, "pattern"]}
                  rules={[
                    {
                      validator: (_, value: string | null | undefined) =>
                        !value || readPattern(value)
                          ? Promise.resolve()
                          : Promise.reject(new Error(t("catalogue.patternInvalid"))),
                    },
                  ]}
                >
                  <Input
                    className="mono"
                    maxLength={200}
                    spellCheck={false}
                    aria-label={`${t("catalogue.pattern")} ${name + 1}`}
                  />
                </Form.Item>
                <Button
                  type="text"
                  icon={<Trash2 size={14} />}
                  aria-label={t("catalogue.variableRemove", { number: name + 1 })}
                  onClick={() => remove(name)}
                />
              </div>
            ))}
            <Button
              size="small"
              icon={<Plus size={13} />}
              disabled={fields.length >= 50}
              onClick={() => add({ name: "", title: "", default: "", pattern: "" })}
            >
              {t("catalogue.variableAdd")}
            </Button>
          </div>
        )}
      </Form.List>
    </Form.Item>
  );
}
