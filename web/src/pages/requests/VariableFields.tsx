/** What a template asks to be told, each by a control of its kind. All values are text for the server. */
import { useMutation } from "@tanstack/react-query";
import { Button, Form, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { problemText, toProblem } from "~/api/problem";
import { keepSecret } from "~/api/queries/requests";
import { readPattern, type TemplateVersion } from "./request-form";

type Variable = TemplateVersion["variables"][number];

interface Props {
  version: TemplateVersion | undefined;
  /** Values to begin with instead of the template's own. */
  begin?: Record<string, string> | undefined;
}

export function VariableFields({ version, begin }: Props) {
  const { t } = useTranslation();
  const variables = version?.variables ?? [];
  if (variables.length === 0) return null;
  return (
    <fieldset className="variables">
      <legend>{t("requests.new.variables")}</legend>
      <div className="request-pair">
        {variables.map((variable) => {
          const key = `${version?.id} ${variable.name}`;
          return variable.kind === "secret" ? (
            <SecretField key={key} variable={variable} />
          ) : (
            <VariableField key={key} variable={variable} begin={begin?.[variable.name]} />
          );
        })}
      </div>
    </fieldset>
  );
}

function VariableField({ variable, begin }: { variable: Variable; begin: string | undefined }) {
  const { t } = useTranslation();
  const rule = readPattern(variable.pattern);
  const { min, max } = variable;
  const limited = typeof min === "number" && typeof max === "number";
  return (
    <Form.Item
      name={["variables", variable.name]}
      label={variable.title}
      initialValue={begin ?? variable.default ?? ""}
      preserve={false}
      rules={[
        { required: variable.default === null || variable.default === undefined },
        ...(rule
          ? [{ pattern: rule, message: t("requests.new.pattern", { pattern: variable.pattern }) }]
          : []),
      ]}
      {...(limited ? { extra: t("requests.new.range", { min, max }) } : {})}
    >
      <Control variable={variable} />
    </Form.Item>
  );
}

interface ControlProps {
  variable: Variable;
  /** Given by the form. */
  id?: string;
  value?: string;
  onChange?: (value: string) => void;
}

function Control({ variable, id, value, onChange }: ControlProps) {
  const { t } = useTranslation();
  const given = id ? { id } : {};
  if (variable.kind === "integer")
    return (
      <InputNumber<string>
        {...given}
        stringMode
        precision={0}
        value={value === "" || value === undefined ? null : value}
        onChange={(next) => onChange?.(next ?? "")}
        {...(typeof variable.min === "number" ? { min: String(variable.min) } : {})}
        {...(typeof variable.max === "number" ? { max: String(variable.max) } : {})}
        style={{ width: "100%" }}
      />
    );
  if (variable.kind === "choice" || variable.kind === "boolean") {
    const options =
      variable.kind === "choice"
        ? (variable.choices ?? []).map((choice) => ({ value: choice, label: choice }))
        : [
            { value: "true", label: t("common.yes") },
            { value: "false", label: t("common.no") },
          ];
    return (
      <Select
        {...given}
        {...(value ? { value } : {})}
        options={options}
        onChange={(next: string) => onChange?.(next)}
      />
    );
  }
  return (
    <Input
      {...given}
      className="mono"
      maxLength={4096}
      spellCheck={false}
      autoComplete="off"
      value={value ?? ""}
      onChange={(event) => onChange?.(event.target.value)}
    />
  );
}

function SecretField({ variable }: { variable: Variable }) {
  const { t } = useTranslation();
  return (
    <Form.Item
      name={["secret_ids", variable.name]}
      label={variable.title}
      preserve={false}
      rules={[{ required: true, message: t("requests.new.secretMissing") }]}
    >
      <SecretControl variable={variable} />
    </Form.Item>
  );
}

/** A secret is handed over once and then only named by its id, so it is in no request, draft or trail. */
function SecretControl({ variable, id, value, onChange }: ControlProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [replacing, setReplacing] = useState(false);
  const fits = text !== "" && readPattern(variable.pattern)?.test(text) !== false;
  const keep = useMutation({
    mutationFn: () => keepSecret(text),
    onSuccess: ({ id: kept }) => {
      setText("");
      setReplacing(false);
      onChange?.(kept);
    },
  });
  if (value && !replacing)
    return (
      <div className="row" id={id}>
        <span className="soft grow">{t("requests.new.secretKept")}</span>
        <Button size="small" onClick={() => setReplacing(true)}>
          {t("requests.new.secretReplace")}
        </Button>
      </div>
    );
  return (
    <>
      <div className="row">
        <Input.Password
          {...(id ? { id } : {})}
          maxLength={4096}
          autoComplete="new-password"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onPressEnter={(event) => {
            event.preventDefault();
            if (fits) keep.mutate();
          }}
        />
        <Button onClick={() => keep.mutate()} disabled={!fits} loading={keep.isPending}>
          {t("requests.new.secretKeep")}
        </Button>
      </div>
      {text !== "" && !fits && (
        <p className="draft-failed">{t("requests.new.pattern", { pattern: variable.pattern })}</p>
      )}
      {keep.isError && <p className="draft-failed">{problemText(t, toProblem(keep.error))}</p>}
    </>
  );
}
