/** The variables of a template: what the person who asks fills in, each of a kind with its own bounds. */
import { Button, Form, Input, InputNumber, Select } from "antd";
import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { readPattern } from "../requests/request-form";
import { type VariableKind, variableKinds } from "./variables";

const variableRule = /^[a-z][a-z0-9_]*$/;
const at = (index: number, name: string) => ["content", "variables", index, name];

export function VariableList() {
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
                <span>{t("catalogue.kind.title")}</span>
                <span>{t("catalogue.bounds")}</span>
                <span>{t("catalogue.default")}</span>
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
                <Form.Item name={[name, "kind"]} initialValue="text">
                  <Select
                    aria-label={`${t("catalogue.kind.title")} ${name + 1}`}
                    options={variableKinds.map((value) => ({ value, label: t(`catalogue.kind.${value}`) }))}
                  />
                </Form.Item>
                <Bounds index={name} />
                <Default index={name} />
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
              onClick={() => add({ name: "", title: "", kind: "text" })}
            >
              {t("catalogue.variableAdd")}
            </Button>
          </div>
        )}
      </Form.List>
    </Form.Item>
  );
}

function useKind(index: number): VariableKind {
  return Form.useWatch<VariableKind | undefined>(at(index, "kind")) ?? "text";
}

/** A pattern for a text, limits for a number, the list for a choice; a boolean has none. */
function Bounds({ index }: { index: number }) {
  const { t } = useTranslation();
  const kind = useKind(index);
  const label = (word: "pattern" | "least" | "most" | "choices") => `${t(`catalogue.${word}`)} ${index + 1}`;
  if (kind === "boolean") return <span className="dim variable-none">{t("common.dash")}</span>;
  if (kind === "integer")
    return (
      <div className="row gap-1">
        <Form.Item name={[index, "min"]} className="grow">
          <InputNumber precision={0} placeholder={t("catalogue.least")} aria-label={label("least")} />
        </Form.Item>
        <Form.Item name={[index, "max"]} className="grow">
          <InputNumber precision={0} placeholder={t("catalogue.most")} aria-label={label("most")} />
        </Form.Item>
      </div>
    );
  if (kind === "choice")
    return (
      <Form.Item name={[index, "choices"]} rules={[{ required: true }]}>
        <Select
          mode="tags"
          open={false}
          suffixIcon={null}
          placeholder={t("catalogue.choices")}
          aria-label={label("choices")}
        />
      </Form.Item>
    );
  return (
    <Form.Item
      name={[index, "pattern"]}
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
        placeholder={t("catalogue.pattern")}
        aria-label={label("pattern")}
      />
    </Form.Item>
  );
}

function Default({ index }: { index: number }) {
  const { t } = useTranslation();
  const kind = useKind(index);
  const choices = Form.useWatch<string[] | undefined>(at(index, "choices"));
  const label = `${t("catalogue.default")} ${index + 1}`;
  // A secret that everybody can read in the catalogue would be none.
  if (kind === "secret") return <span className="dim variable-none">{t("catalogue.defaultNone")}</span>;
  if (kind === "boolean" || kind === "choice")
    return (
      <Form.Item name={[index, "default"]}>
        <Select
          allowClear
          placeholder={t("catalogue.defaultNone")}
          aria-label={label}
          options={(kind === "boolean" ? ["true", "false"] : (choices ?? [])).map((value) => ({
            value,
            label: value,
          }))}
        />
      </Form.Item>
    );
  return (
    <Form.Item name={[index, "default"]}>
      <Input
        className="mono"
        maxLength={4096}
        spellCheck={false}
        placeholder={t("catalogue.defaultNone")}
        aria-label={label}
      />
    </Form.Item>
  );
}
