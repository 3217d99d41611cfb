/** A new field: what it is called in each language, what it takes, and where it is asked for. */
import { Checkbox, Form, Input, InputNumber, Select } from "antd";
import { useTranslation } from "react-i18next";
import { createRequestField } from "~/api/queries/fields";
import { operations } from "~/app/searches";
import { fallbackLanguage, languagesOf, shipped } from "~/i18n/languages";
import { EnvironmentsField } from "~/parts/EnvironmentsField";
import { FormDialog } from "~/parts/FormDialog";
import { readPattern } from "../requests/request-form";
import { type FieldKind, type FieldValues, fieldKinds, tidyField } from "./request-field";

export function NewRequestField({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <FormDialog<FieldValues, unknown>
      title={t("catalogue.fields.new.title")}
      text={t("catalogue.fields.new.text")}
      verb={t("catalogue.fields.new.verb")}
      width={600}
      initial={{ kind: "text", required: true, operations: ["vm.create"] }}
      fields={[
        "labels",
        "name",
        "help",
        "kind",
        "pattern",
        "choices",
        "operations",
        "environment_ids",
        "position",
      ]}
      send={(values, key) => createRequestField(tidyField(values), key)}
      onDone={onDone}
      onClose={onClose}
    >
      <Texts name="labels" label={t("catalogue.fields.label")} most={100} needed />
      <div className="editor-pair">
        <Form.Item
          name="name"
          label={t("catalogue.name")}
          extra={t("catalogue.fields.nameHint")}
          rules={[
            { required: true },
            { pattern: /^[a-z][a-z0-9_]{0,39}$/, message: t("catalogue.variableNameRule") },
          ]}
        >
          <Input className="mono" maxLength={40} autoComplete="off" spellCheck={false} />
        </Form.Item>
        <Form.Item name="kind" label={t("catalogue.kind.title")}>
          <Select
            options={fieldKinds.map((value) => ({ value, label: t(`catalogue.fields.kind.${value}`) }))}
          />
        </Form.Item>
      </div>
      <Bounds />
      <Form.Item name="required" valuePropName="checked">
        <Checkbox>{t("catalogue.fields.mustBeGiven")}</Checkbox>
      </Form.Item>
      <Form.Item name="operations" label={t("catalogue.fields.operations")} rules={[{ required: true }]}>
        <Select
          mode="multiple"
          showSearch={{ optionFilterProp: "label" }}
          options={operations.map((value) => ({ value, label: t(`states.verb.${value}`) }))}
        />
      </Form.Item>
      <EnvironmentsField
        label={t("catalogue.fields.where")}
        hint={t("catalogue.fields.whereHint")}
        placeholder={t("catalogue.everywhere")}
      />
      <Texts name="help" label={`${t("catalogue.fields.help")} (${t("common.optional")})`} most={1000} />
      <Form.Item
        name="position"
        label={`${t("catalogue.fields.position")} (${t("common.optional")})`}
        extra={t("catalogue.fields.positionHint")}
      >
        <InputNumber min={0} max={10000} precision={0} />
      </Form.Item>
    </FormDialog>
  );
}

/** One line for each language the console speaks; only English has to be there. */
function Texts(props: { name: "labels" | "help"; label: string; most: number; needed?: boolean }) {
  return (
    <div className="editor-pair">
      {languagesOf(shipped).map(({ code, meta }) => (
        <Form.Item
          key={code}
          name={[props.name, code]}
          label={`${props.label} · ${meta.name}`}
          rules={props.needed && code === fallbackLanguage ? [{ required: true, whitespace: true }] : []}
        >
          <Input maxLength={props.most} autoComplete="off" lang={meta.tag} />
        </Form.Item>
      ))}
    </div>
  );
}

function Bounds() {
  const { t } = useTranslation();
  const kind = Form.useWatch<FieldKind | undefined>("kind");
  if (kind === "choice")
    return (
      <Form.Item
        name="choices"
        label={t("catalogue.choices")}
        extra={t("catalogue.fields.choicesHint")}
        rules={[{ required: true }]}
      >
        <Select mode="tags" open={false} suffixIcon={null} />
      </Form.Item>
    );
  if (kind !== "text") return null;
  return (
    <Form.Item
      name="pattern"
      label={`${t("catalogue.pattern")} (${t("common.optional")})`}
      extra={t("catalogue.fields.patternHint")}
      rules={[
        {
          validator: (_, value: string | undefined) =>
            !value || readPattern(value)
              ? Promise.resolve()
              : Promise.reject(new Error(t("catalogue.patternInvalid"))),
        },
      ]}
    >
      <Input className="mono" maxLength={200} autoComplete="off" spellCheck={false} />
    </Form.Item>
  );
}
