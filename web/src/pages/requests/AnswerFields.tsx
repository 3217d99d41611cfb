/** What an organisation asks for beside the VM, such as a change number: one input for each field, by its kind. */
import { Form, Input, InputNumber, Select } from "antd";
import { useTranslation } from "react-i18next";
import type { components } from "~/api/schema";
import { readPattern } from "./request-form";

export type RequestField = components["schemas"]["RequestField"];

interface Props {
  asked: RequestField[];
  /** Values to begin with. */
  begin?: Record<string, unknown> | undefined;
}

/** A label or help in the reader's language, else in English. */
export function inLanguage(texts: Record<string, string>, language: string): string | undefined {
  return texts[language] ?? texts[language.split("-")[0] ?? ""] ?? texts.en;
}

function Answer({ field, ...input }: { field: RequestField; id?: string }) {
  const { t } = useTranslation();
  switch (field.kind) {
    case "number":
      return <InputNumber {...input} precision={0} style={{ width: "100%" }} />;
    case "choice":
      return (
        <Select {...input} allowClear options={field.choices.map((value) => ({ value, label: value }))} />
      );
    case "boolean":
      return (
        <Select
          {...input}
          allowClear
          options={[
            { value: true, label: t("common.yes") },
            { value: false, label: t("common.no") },
          ]}
        />
      );
    case "date":
      return <Input {...input} type="date" />;
    default:
      return <Input {...input} maxLength={1000} spellCheck={false} autoComplete="off" />;
  }
}

export function AnswerFields({ asked, begin }: Props) {
  const { t, i18n } = useTranslation();
  if (asked.length === 0) return null;
  return (
    <div className="request-pair">
      {asked.map((field) => {
        const rule = readPattern(field.pattern);
        return (
          <Form.Item
            key={field.id}
            name={["fields", field.name]}
            label={inLanguage(field.labels, i18n.language)}
            extra={inLanguage(field.help, i18n.language)}
            initialValue={begin?.[field.name]}
            preserve={false}
            rules={[
              { required: field.required },
              ...(rule
                ? [{ pattern: rule, message: t("requests.new.pattern", { pattern: field.pattern }) }]
                : []),
            ]}
          >
            <Answer field={field} />
          </Form.Item>
        );
      })}
    </div>
  );
}
