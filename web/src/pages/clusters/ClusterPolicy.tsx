/** What sizes may ask of a cluster: the page shows it, whoever manages clusters changes it. */
import { Button, Form, InputNumber, Switch } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { updateCluster } from "~/api/queries/clusters";
import type { Cluster } from "~/api/types";
import { useMay } from "~/app/session";
import { FormDialog } from "~/parts/FormDialog";
import { Details, Section } from "~/parts/Page";

type Policy = Cluster["policy"];

export function ClusterPolicy({ cluster, onDone }: { cluster: Cluster; onDone: (next: Cluster) => void }) {
  const { t } = useTranslation();
  const mayManage = useMay("cluster:manage");
  const [editing, setEditing] = useState(false);
  const { policy } = cluster;
  const yesNo = (value: boolean) => t(value ? "common.yes" : "common.no");
  return (
    <Section
      title={t("clusters.policy.title")}
      extra={mayManage && <Button onClick={() => setEditing(true)}>{t("clusters.policy.verb")}</Button>}
    >
      <Details
        facts={[
          { label: t("clusters.policy.cpu"), value: `${policy.cpu_overcommit_percent} %` },
          { label: t("clusters.policy.memory"), value: `${policy.memory_overcommit_percent} %` },
          { label: t("clusters.policy.dedicated"), value: yesNo(policy.dedicated_cpu) },
          { label: t("clusters.policy.hugepages"), value: yesNo(policy.hugepages) },
          { label: t("clusters.policy.gpus"), value: yesNo(policy.gpus) },
        ]}
      />
      {editing && (
        <FormDialog<{ policy: Policy }, Cluster>
          title={t("clusters.policy.edit", { name: cluster.name })}
          text={t("clusters.policy.text")}
          verb={t("common.save")}
          fields={["policy"]}
          initial={{ policy }}
          send={(values) => updateCluster(cluster.id, cluster.version, values)}
          onDone={(next) => {
            setEditing(false);
            onDone(next);
          }}
          onClose={() => setEditing(false)}
        >
          <Form.Item
            name={["policy", "cpu_overcommit_percent"]}
            label={t("clusters.policy.cpu")}
            extra={t("clusters.policy.cpuHint")}
            rules={[{ required: true }]}
          >
            <InputNumber min={100} max={100_000} precision={0} step={100} suffix="%" style={{ width: 160 }} />
          </Form.Item>
          <Form.Item
            name={["policy", "memory_overcommit_percent"]}
            label={t("clusters.policy.memory")}
            extra={t("clusters.policy.memoryHint")}
            rules={[{ required: true }]}
          >
            <InputNumber min={100} max={100_000} precision={0} step={10} suffix="%" style={{ width: 160 }} />
          </Form.Item>
          {(["dedicated_cpu", "hugepages", "gpus"] as const).map((name) => (
            <Form.Item
              key={name}
              name={["policy", name]}
              label={t(`clusters.policy.${name === "dedicated_cpu" ? "dedicated" : name}`)}
              valuePropName="checked"
            >
              <Switch />
            </Form.Item>
          ))}
        </FormDialog>
      )}
    </Section>
  );
}
