/** How long a request waits for its people, and what becomes of it then. Silence never approves. */
import { Form, Input, InputNumber, Select } from "antd";
import { useTranslation } from "react-i18next";

export function PendingFields() {
  const { t } = useTranslation();
  return (
    <div className="policy-pair">
      <Form.Item
        name={["pending", "hours"]}
        label={`${t("policies.pendingHours")} (${t("common.optional")})`}
        extra={t("policies.pendingHint")}
      >
        <InputNumber min={1} max={8760} precision={0} style={{ width: "100%" }} />
      </Form.Item>
      <Form.Item
        name={["pending", "then"]}
        getValueProps={(value) => ({ value: value ?? "expire" })}
        label={t("policies.pendingThen")}
      >
        <Select
          options={(["expire", "reject"] as const).map((value) => ({
            value,
            label: t(`policies.ends.${value}`),
          }))}
        />
      </Form.Item>
    </div>
  );
}

/** What a match says to programs; made from the name if left out. */
export function ReasonCodeField() {
  const { t } = useTranslation();
  return (
    <Form.Item
      name="reason_code"
      label={`${t("policies.reasonCode")} (${t("common.optional")})`}
      extra={t("policies.reasonCodeHint")}
      rules={[{ pattern: /^[A-Z][A-Z0-9_]{2,60}$/, message: t("policies.reasonCodeRule") }]}
    >
      <Input className="mono" maxLength={61} spellCheck={false} autoComplete="off" />
    </Form.Item>
  );
}
