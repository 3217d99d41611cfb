/** What VMs may ask of a cluster: the page shows it, whoever manages clusters changes it. */
import { useQuery } from "@tanstack/react-query";
import { Button, Form, InputNumber, Select, Switch } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { capabilityQuery } from "~/api/queries/capability";
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
          { label: t("clusters.policy.multus"), value: yesNo(policy.multus) },
          { label: t("clusters.policy.advanced"), value: yesNo(policy.advanced) },
          {
            label: t("clusters.policy.storage"),
            value: policy.storage_classes.join(", ") || t("clusters.policy.any"),
          },
          {
            label: t("clusters.policy.modes"),
            value:
              policy.volume_modes.map((mode) => t(`requests.place.${mode}`)).join(", ") ||
              t("clusters.policy.any"),
          },
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
          <StorageFields cluster={cluster.id} />
          {(["dedicated_cpu", "hugepages", "gpus", "multus", "advanced"] as const).map((name) => (
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

/** Which storage disks may be of: what the last probe found, and what is named already. */
function StorageFields({ cluster }: { cluster: string }) {
  const { t } = useTranslation();
  const found = useQuery(capabilityQuery(cluster));
  return (
    <>
      <Form.Item
        name={["policy", "storage_classes"]}
        label={t("clusters.policy.storage")}
        extra={t("clusters.policy.storageHint")}
      >
        <Select
          mode="tags"
          allowClear
          maxCount={100}
          loading={found.isPending}
          placeholder={t("clusters.policy.any")}
          options={(found.data?.storage_classes ?? []).map(({ name }) => ({ value: name, label: name }))}
        />
      </Form.Item>
      <Form.Item name={["policy", "volume_modes"]} label={t("clusters.policy.modes")}>
        <Select
          mode="multiple"
          allowClear
          placeholder={t("clusters.policy.any")}
          options={(["block", "filesystem"] as const).map((value) => ({
            value,
            label: t(`requests.place.${value}`),
          }))}
        />
      </Form.Item>
    </>
  );
}
