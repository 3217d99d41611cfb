/** What is said of an item of the catalogue, and where it may be used. */
import { Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import { EnvironmentsField } from "~/parts/EnvironmentsField";

export function AboutFields() {
  const { t } = useTranslation();
  return (
    <>
      <Form.Item name="description" label={`${t("common.description")} (${t("common.optional")})`}>
        <Input.TextArea rows={2} maxLength={1000} />
      </Form.Item>
      <EnvironmentsField
        label={t("catalogue.usable")}
        hint={t("catalogue.usableHint")}
        placeholder={t("catalogue.everywhere")}
      />
    </>
  );
}
