import { Form, Input, Radio } from "antd";
import { useTranslation } from "react-i18next";
import { GibInput } from "~/parts/amounts";
import { AdvancedFields } from "./AdvancedFields";
import { SourceFields } from "./SourceFields";
import { VariableList } from "./VariableList";

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
      <AdvancedFields />
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
