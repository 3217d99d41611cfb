/** Where the root disk comes from: a container disk, a web server, or a claim in the cluster. */
import { Form, Input, Radio } from "antd";
import { useTranslation } from "react-i18next";

const imageRule = /^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/;
const at = (name: string) => ["content", "source", name];

export function SourceFields({ ephemeral }: { ephemeral: boolean }) {
  const { t } = useTranslation();
  const kind = Form.useWatch<string | undefined>(at("kind"));
  return (
    <>
      <Form.Item
        name={at("kind")}
        label={t("catalogue.sourceTitle")}
        rules={[
          {
            validator: (_, value) =>
              ephemeral && value !== "image"
                ? Promise.reject(new Error(t("codes.SOURCE_NEEDS_DISK")))
                : Promise.resolve(),
          },
        ]}
      >
        <Radio.Group
          options={(["image", "http", "pvc"] as const).map((value) => ({
            value,
            label: t(`catalogue.source.${value}`),
            disabled: ephemeral && value !== "image",
          }))}
        />
      </Form.Item>
      {kind === "http" && <HttpFields />}
      {kind === "pvc" && (
        <div className="editor-pair">
          <Form.Item name={at("namespace")} label={t("common.namespace")} rules={[{ required: true }]}>
            <Input className="mono" maxLength={63} autoComplete="off" spellCheck={false} />
          </Form.Item>
          <Form.Item name={at("name")} label={t("catalogue.claim")} rules={[{ required: true }]}>
            <Input className="mono" maxLength={253} autoComplete="off" spellCheck={false} />
          </Form.Item>
        </div>
      )}
      {(kind === "image" || kind === undefined) && (
        <Form.Item
          name={at("image")}
          label={t("catalogue.image")}
          extra={t("catalogue.imageHint")}
          rules={[{ required: true }, { pattern: imageRule, message: t("codes.IMAGE_INVALID") }]}
        >
          <Input className="mono" maxLength={300} autoComplete="off" spellCheck={false} />
        </Form.Item>
      )}
    </>
  );
}

function HttpFields() {
  const { t } = useTranslation();
  return (
    <>
      <Form.Item
        name={at("url")}
        label={t("catalogue.url")}
        extra={t("catalogue.urlHint")}
        rules={[
          { required: true },
          { pattern: /^https?:\/\/[^@\s]+$/, message: t("codes.SOURCE_URL_INVALID") },
        ]}
      >
        <Input className="mono" maxLength={1000} autoComplete="off" spellCheck={false} />
      </Form.Item>
      <div className="editor-pair">
        <Form.Item
          name={at("checksum")}
          label={`${t("catalogue.checksum")} (${t("common.optional")})`}
          rules={[
            {
              pattern: /^(sha256:[0-9a-fA-F]{64}|sha512:[0-9a-fA-F]{128})$/,
              message: t("codes.SOURCE_CHECKSUM_INVALID"),
            },
          ]}
        >
          <Input className="mono" maxLength={140} autoComplete="off" spellCheck={false} />
        </Form.Item>
        <Form.Item
          name={at("cert_config_map")}
          label={`${t("catalogue.authorities")} (${t("common.optional")})`}
          extra={t("catalogue.authoritiesHint")}
        >
          <Input className="mono" maxLength={253} autoComplete="off" spellCheck={false} />
        </Form.Item>
      </div>
    </>
  );
}
