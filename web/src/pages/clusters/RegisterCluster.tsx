/** Registering a cluster, and new credentials for one: a kubeconfig is pasted or read from a file, and rebuilt by the server. */
import { useQuery } from "@tanstack/react-query";
import { Button, Form, type FormInstance, Input, Select } from "antd";
import { FileUp } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { environmentsQuery } from "~/api/queries/catalogue";
import { registerCluster, updateCluster } from "~/api/queries/clusters";
import type { components } from "~/api/schema";
import type { Cluster } from "~/api/types";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { FormDialog } from "~/parts/FormDialog";
import { slugRule } from "~/parts/names";

type Values = components["schemas"]["RegisterCluster"];

export function RegisterCluster(props: { onDone: (cluster: Cluster) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const environments = useQuery(environmentsQuery);
  return (
    <FormDialog<Values, Cluster>
      title={t("clusters.register.title")}
      text={t("clusters.register.text")}
      verb={t("clusters.register.verb")}
      width={640}
      fields={["name", "environment_id", "kubeconfig"]}
      send={(values) => registerCluster(values)}
      onDone={props.onDone}
      onClose={props.onClose}
    >
      {(form) => (
        <>
          <Form.Item
            name="name"
            label={t("common.name")}
            extra={t("clusters.register.nameRule")}
            rules={[
              { required: true },
              { pattern: slugRule, message: t("clusters.register.nameRule") },
              { max: 24, message: t("clusters.register.nameRule") },
            ]}
          >
            <Input className="mono" maxLength={63} autoComplete="off" spellCheck={false} />
          </Form.Item>
          <Form.Item
            name="environment_id"
            label={t("common.environment")}
            extra={t("clusters.register.environmentHint")}
            rules={[{ required: true }]}
          >
            <Select
              loading={environments.isPending}
              options={(environments.data?.items ?? []).map((environment) => ({
                value: environment.id,
                label: <EnvironmentLabel environment={environment} />,
              }))}
            />
          </Form.Item>
          <KubeconfigField form={form} />
        </>
      )}
    </FormDialog>
  );
}

export function RotateCredentials(props: {
  cluster: Cluster;
  onDone: (cluster: Cluster) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { cluster } = props;
  return (
    <FormDialog<Pick<Values, "kubeconfig">, Cluster>
      title={t("clusters.rotate.title", { name: cluster.name })}
      text={t("clusters.rotate.text")}
      verb={t("clusters.rotate.verb")}
      width={640}
      fields={["kubeconfig"]}
      send={(values) => updateCluster(cluster.id, cluster.version, values)}
      onDone={props.onDone}
      onClose={props.onClose}
    >
      {(form) => <KubeconfigField form={form} />}
    </FormDialog>
  );
}

// biome-ignore lint/suspicious/noExplicitAny: either of the two forms above; antd's instance is invariant in it
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
