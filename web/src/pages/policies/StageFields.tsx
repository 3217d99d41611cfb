/** Who must agree: stages in order, each with one or more requirements that all have to be met, by different people. */
import { Button, Checkbox, Form, InputNumber } from "antd";
import { Plus, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { nextPosition, oneApprover, type Values } from "./content";
import { RequirementRow } from "./RequirementRow";

export function StageFields() {
  const { t } = useTranslation();
  const form = Form.useFormInstance<Values>();
  return (
    <fieldset className="stages">
      <legend>{t("policies.wants")}</legend>
      <p className="soft stages-lead">{t("policies.stagesHint")}</p>
      <Form.List
        name="stages"
        rules={[
          {
            validator: (_, value: unknown[] | undefined) =>
              value && value.length > 0
                ? Promise.resolve()
                : Promise.reject(new Error(t("policies.stagesNone"))),
          },
        ]}
      >
        {(stages, { add, remove }, { errors }) => (
          <>
            {stages.map(({ key, name }) => (
              <Stage key={key} at={name} onRemove={() => remove(name)} />
            ))}
            <Form.ErrorList errors={errors} />
            <Button
              size="small"
              icon={<Plus size={13} />}
              disabled={stages.length >= 10}
              onClick={() => {
                const position = nextPosition(form.getFieldValue("stages") ?? []);
                add({ position, requirements: [oneApprover] });
              }}
            >
              {t("policies.stageAdd")}
            </Button>
          </>
        )}
      </Form.List>
    </fieldset>
  );
}

function Stage({ at, onRemove }: { at: number; onRemove: () => void }) {
  const { t } = useTranslation();
  const position = Form.useWatch<number | undefined>(["stages", at, "position"]) ?? at + 1;
  const label = t("policies.stage", { number: position });
  return (
    <section className="stage-box panel" aria-label={label}>
      <div className="row spread stage-head">
        <div className="row">
          <label htmlFor={`stages_${at}_position`} className="strong">
            {t("policies.stageNumber")}
          </label>
          <Form.Item name={[at, "position"]} rules={[{ required: true }]} noStyle>
            <InputNumber min={1} max={100} precision={0} size="small" className="stage-number" />
          </Form.Item>
        </div>
        <Button
          type="text"
          size="small"
          icon={<Trash2 size={14} />}
          aria-label={t("policies.stageRemove", { number: position })}
          onClick={onRemove}
        />
      </div>
      <Form.List name={[at, "requirements"]}>
        {(rows, { add, remove }) => (
          <>
            {rows.map(({ key, name }, index) => (
              <div key={key}>
                {index > 0 && <p className="dim requirement-and">{t("policies.and")}</p>}
                <RequirementRow
                  stage={at}
                  at={name}
                  label={`${label} · ${index + 1}`}
                  {...(rows.length > 1 ? { onRemove: () => remove(name) } : {})}
                />
              </div>
            ))}
            <Button
              type="link"
              size="small"
              icon={<Plus size={13} />}
              disabled={rows.length >= 10}
              onClick={() => add({ kind: "owners", needed: 1 })}
            >
              {t("policies.requirementAdd")}
            </Button>
          </>
        )}
      </Form.List>
      <Form.Item name={[at, "ask_again"]} valuePropName="checked" noStyle>
        <Checkbox>{t("policies.askAgainHint")}</Checkbox>
      </Form.Item>
    </section>
  );
}
