/** Fields of KubeVirt that the template sets itself, within the list that administrators keep. */
import { useQuery } from "@tanstack/react-query";
import { AutoComplete, Button, Form, Input, Select } from "antd";
import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { advancedPathsQuery } from "~/api/queries/fields";
import { type AdvancedKind, advancedKinds, allows, meant } from "./advanced";

export function AdvancedFields() {
  const { t } = useTranslation();
  const allowed = useQuery(advancedPathsQuery);
  const paths = allowed.data?.paths ?? [];
  return (
    <Form.Item label={t("catalogue.advanced.title")} extra={t("catalogue.advanced.hint")}>
      <Form.List name="advanced">
        {(fields, { add, remove }) => (
          <div>
            {fields.map(({ key, name }) => (
              <div key={key} className="advanced-row">
                <Form.Item
                  name={[name, "path"]}
                  rules={[
                    { required: true },
                    {
                      validator: (_, value: string | undefined) =>
                        !value || !allowed.data || allows(paths, value.trim())
                          ? Promise.resolve()
                          : Promise.reject(new Error(t("catalogue.advanced.notAllowed"))),
                    },
                  ]}
                >
                  <AutoComplete
                    className="mono"
                    aria-label={`${t("catalogue.advanced.path")} ${name + 1}`}
                    options={paths.map((value) => ({ value }))}
                    showSearch={{ filterOption: (text, option) => option?.value.includes(text) === true }}
                  />
                </Form.Item>
                <Form.Item name={[name, "kind"]}>
                  <Select
                    aria-label={`${t("catalogue.kind.title")} ${name + 1}`}
                    options={advancedKinds.map((value) => ({
                      value,
                      label: t(`catalogue.advanced.kind.${value}`),
                    }))}
                  />
                </Form.Item>
                <Value row={name} />
                <Button
                  type="text"
                  icon={<Trash2 size={14} />}
                  aria-label={t("catalogue.advanced.remove", { number: name + 1 })}
                  onClick={() => remove(name)}
                />
              </div>
            ))}
            <Button
              size="small"
              icon={<Plus size={13} />}
              disabled={fields.length >= 30}
              onClick={() => add({ path: "", kind: "text", value: "" })}
            >
              {t("catalogue.advanced.add")}
            </Button>
          </div>
        )}
      </Form.List>
    </Form.Item>
  );
}

function Value({ row }: { row: number }) {
  const { t } = useTranslation();
  const kind = Form.useWatch<AdvancedKind | undefined>(["advanced", row, "kind"]) ?? "text";
  const label = `${t("catalogue.advanced.value")} ${row + 1}`;
  return (
    <Form.Item
      name={[row, "value"]}
      dependencies={[["advanced", row, "kind"]]}
      rules={[
        {
          validator: (_, value: string | undefined) =>
            meant({ kind, value: value ?? "" }) !== undefined
              ? Promise.resolve()
              : Promise.reject(new Error(t(`catalogue.advanced.wrong.${kind}`))),
        },
      ]}
    >
      {kind === "boolean" ? (
        <Select aria-label={label} options={["true", "false"].map((value) => ({ value, label: value }))} />
      ) : (
        <Input className="mono" maxLength={1024} spellCheck={false} autoComplete="off" aria-label={label} />
      )}
    </Form.Item>
  );
}
