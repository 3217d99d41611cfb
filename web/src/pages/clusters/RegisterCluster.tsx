/** Registering a cluster: its name, what is done with it, and how to sign in there. */
import { useQuery } from "@tanstack/react-query";
import { Form, type FormInstance, Input, Radio, Select } from "antd";
import { useTranslation } from "react-i18next";
import { environmentsQuery } from "~/api/queries/catalogue";
import { registerCluster } from "~/api/queries/clusters";
import type { components } from "~/api/schema";
import type { Cluster } from "~/api/types";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { FormDialog } from "~/parts/FormDialog";
import { slugRule } from "~/parts/names";
import { Checks } from "./Checks";
import { Manifest } from "./Manifest";
import { SignInFields, type SignInWay, signInFields, withoutWay } from "./SignIn";

type Values = components["schemas"]["RegisterCluster"] & { way: SignInWay };

export function RegisterCluster(props: { onDone: (cluster: Cluster) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const environments = useQuery(environmentsQuery);
  return (
    <FormDialog<Values, Cluster>
      title={t("clusters.register.title")}
      text={t("clusters.register.text")}
      verb={t("clusters.register.verb")}
      width={640}
      fields={["name", "environment_id", "mode", ...signInFields]}
      initial={{ mode: "observe", way: "kubeconfig" }}
      send={(values) => registerCluster(withoutWay(values))}
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
          <Form.Item name="mode" label={t("clusters.mode.label")}>
            <Radio.Group
              options={(["observe", "govern"] as const).map((mode) => ({
                value: mode,
                label: (
                  <>
                    {t(`clusters.mode.${mode}`)} <span className="dim">{t(`clusters.mode.${mode}Hint`)}</span>
                  </>
                ),
              }))}
              vertical
            />
          </Form.Item>
          <RightsToGive form={form} />
          <SignInFields form={form} />
          <Checks form={form as unknown as FormInstance} />
        </>
      )}
    </FormDialog>
  );
}

function RightsToGive({ form }: { form: FormInstance<Values> }) {
  const mode = Form.useWatch("mode", form) ?? "observe";
  return <Manifest key={mode} mode={mode} />;
}
