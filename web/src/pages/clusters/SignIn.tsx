/** How Shepherd signs in to a cluster: a kubeconfig, a token with an address, or the account of its own pod. */
import { Button, Form, type FormInstance, Input, Select } from "antd";
import { FileUp } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Cluster } from "~/api/types";

export type SignInWay = Cluster["sign_in"];

export const signInFields = ["kubeconfig", "token", "in_cluster", "api_url", "ca_pem", "proxy_url"] as const;

/** The chosen way is told by which fields are sent; empty ones are not. */
export function withoutWay<Values extends { way: SignInWay }>(values: Values): Omit<Values, "way"> {
  const { way, ...rest } = values;
  const sent = Object.entries(rest).filter(([, value]) => value !== undefined && value !== "");
  return { ...Object.fromEntries(sent), ...(way === "in_cluster" ? { in_cluster: true } : {}) } as Omit<
    Values,
    "way"
  >;
}

// biome-ignore lint/suspicious/noExplicitAny: one of two forms; antd's instance is invariant in its values
export function SignInFields({ form }: { form: FormInstance<any> }) {
  const { t } = useTranslation();
  const way: SignInWay = Form.useWatch("way", form) ?? "kubeconfig";
  const ways: SignInWay[] = ["kubeconfig", "token", "in_cluster"];
  return (
    <>
      <Form.Item
        name="way"
        label={t("clusters.signIn.label")}
        extra={way === "in_cluster" && t("clusters.signIn.inClusterHint")}
      >
        <Select options={ways.map((value) => ({ value, label: t(`clusters.signIn.${value}`) }))} />
      </Form.Item>
      {way === "kubeconfig" && <KubeconfigField form={form} />}
      {way === "token" && (
        <>
          <Form.Item name="api_url" label={t("clusters.signIn.apiUrl")} rules={[{ required: true }]}>
            <Input className="mono" maxLength={500} autoComplete="off" spellCheck={false} />
          </Form.Item>
          <Form.Item name="token" label={t("clusters.signIn.token_field")} rules={[{ required: true }]}>
            <Input.TextArea
              className="mono"
              rows={3}
              maxLength={16_384}
              spellCheck={false}
              autoComplete="off"
            />
          </Form.Item>
          <Form.Item name="ca_pem" label={t("clusters.signIn.ca")} extra={t("clusters.signIn.caHint")}>
            <Input.TextArea
              className="mono"
              rows={4}
              maxLength={65_536}
              spellCheck={false}
              autoComplete="off"
            />
          </Form.Item>
        </>
      )}
      {way !== "in_cluster" && (
        <Form.Item name="proxy_url" label={t("clusters.signIn.proxy")} extra={t("clusters.signIn.proxyHint")}>
          <Input className="mono" maxLength={500} autoComplete="off" spellCheck={false} />
        </Form.Item>
      )}
    </>
  );
}

// biome-ignore lint/suspicious/noExplicitAny: one of two forms; antd's instance is invariant in its values
function KubeconfigField({ form }: { form: FormInstance<any> }) {
  const { t } = useTranslation();
  const file = useRef<HTMLInputElement>(null);
  const read = async (chosen: File | undefined) => {
    if (!chosen) return;
    form.setFieldValue("kubeconfig", (await chosen.text()).slice(0, 65_536));
    await form.validateFields(["kubeconfig"]).catch(() => {});
  };
  return (
    <>
      <Form.Item
        name="kubeconfig"
        label={t("clusters.register.kubeconfig")}
        extra={t("clusters.register.kubeconfigHint")}
        rules={[{ required: true }]}
      >
        <Input.TextArea className="mono" rows={9} maxLength={65_536} spellCheck={false} autoComplete="off" />
      </Form.Item>
      <div className="dialog-text">
        <input
          ref={file}
          type="file"
          style={{ display: "none" }}
          onChange={(event) => {
            void read(event.target.files?.[0]);
            event.target.value = "";
          }}
        />
        <Button size="small" icon={<FileUp size={13} />} onClick={() => file.current?.click()}>
          {t("clusters.register.file")}
        </Button>
      </div>
    </>
  );
}
