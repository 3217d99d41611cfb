/** The CEL expression that must hold as well. Names are put in where the cursor stands. */
import { Form, Input } from "antd";
import { type Ref, useImperativeHandle, useRef } from "react";
import { useTranslation } from "react-i18next";

export interface ConditionHandle {
  insert: (text: string) => void;
}

/** As the server counts: the condition's limit is in bytes. */
export const conditionBytes = 2000;
const bytesOf = (text: string) => new TextEncoder().encode(text).length;

export function ConditionField({ ref }: { ref: Ref<ConditionHandle> }) {
  const { t } = useTranslation();
  const form = Form.useFormInstance();
  const box = useRef<HTMLDivElement>(null);
  useImperativeHandle(ref, () => ({
    insert: (text) => {
      const area = box.current?.querySelector("textarea");
      if (!area) return;
      const { value, selectionStart: from, selectionEnd: to } = area;
      form.setFieldValue("condition", value.slice(0, from) + text + value.slice(to));
      const end = from + text.length;
      requestAnimationFrame(() => {
        area.focus();
        area.setSelectionRange(end, end);
      });
    },
  }));
  return (
    <div ref={box}>
      <Form.Item
        name="condition"
        label={`${t("policies.condition")} (${t("common.optional")})`}
        extra={t("policies.conditionHint")}
        rules={[
          {
            validator: (_, value: string | undefined) =>
              bytesOf(value ?? "") <= conditionBytes
                ? Promise.resolve()
                : Promise.reject(new Error(t("policies.conditionLong", { bytes: conditionBytes }))),
          },
        ]}
      >
        <Input.TextArea
          className="mono condition-input"
          autoSize={{ minRows: 3, maxRows: 14 }}
          spellCheck={false}
          autoComplete="off"
        />
      </Form.Item>
    </div>
  );
}
