/** What a cluster can do, as its last probe found it, and what our account may do there. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { capabilityQuery, probeCluster } from "~/api/queries/capability";
import type { Cluster } from "~/api/types";
import { useMay } from "~/app/session";
import { Details, Section } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { SimpleTable } from "~/parts/SimpleTable";
import { Failure, SkeletonLines } from "~/parts/states";
import { bytes } from "~/parts/units";
import { refusedRights, specialOf } from "./capability-words";
import { Zones } from "./Zones";

export function Capability({ cluster }: { cluster: Cluster }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const mayManage = useMay("cluster:manage");
  const query = useQuery(capabilityQuery(cluster.id));
  const probe = useMutation({
    mutationFn: () => probeCluster(cluster.id),
    onSuccess: (found) => client.setQueryData(keys.of("clusters", cluster.id, "capability"), found),
  });
  if (query.isPending) return <SkeletonLines lines={8} what={t("clusters.tabs.capability")} />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const found = query.data;
  const yesNo = (value: boolean | null) =>
    value === null ? t("common.unknown") : t(value ? "common.yes" : "common.no");
  const version = found.kubevirt?.version ?? t("common.unknown");
  const refused = refusedRights(found.rights, cluster.mode);
  return (
    <>
      <Section
        title={t("clusters.tabs.capability")}
        extra={
          mayManage && (
            <Button loading={probe.isPending} onClick={() => probe.mutate()}>
              {t("clusters.capability.probe")}
            </Button>
          )
        }
      >
        {probe.isError && <Failure part error={probe.error} retry={() => probe.mutate()} />}
        {found.probed_at === null && <p className="soft">{t("clusters.capability.never")}</p>}
        <Details
          facts={[
            {
              label: t("clusters.capability.support"),
              value: t(`clusters.capability.${found.support}`, { version }),
            },
            ...(found.kubevirt?.target_version
              ? [
                  {
                    label: "",
                    value: t("clusters.capability.upgrade", { version: found.kubevirt.target_version }),
                  },
                ]
              : []),
            {
              label: t("clusters.capability.kubernetes"),
              value: found.kubernetes_version ?? t("common.unknown"),
            },
            { label: t("clusters.capability.cdi"), value: yesNo(found.cdi) },
            { label: t("clusters.capability.snapshots"), value: yesNo(found.snapshots) },
            { label: t("clusters.capability.multus"), value: yesNo(found.multus) },
            { label: t("clusters.capability.emulation"), value: yesNo(found.kubevirt?.emulation ?? null) },
            {
              label: t("clusters.capability.gates"),
              value: found.kubevirt?.gates_enabled.join(", ") || t("common.dash"),
            },
            {
              label: t("clusters.capability.networks"),
              value: found.networks.join(", ") || t("common.dash"),
            },
            ...(found.probed_at
              ? [{ label: t("clusters.capability.probed"), value: <RelativeTime at={found.probed_at} /> }]
              : []),
          ]}
        />
      </Section>
      <Section title={t("clusters.capability.rights")}>
        <SimpleTable
          what={t("clusters.capability.rights")}
          query={query}
          rows={refused}
          rowKey={(right) => `${right.verb} ${right.group} ${right.resource}`}
          empty={found.rights.length > 0 && <p className="soft">{t("clusters.capability.rightsAll")}</p>}
          columns={[
            {
              title: t("clusters.capability.refused"),
              render: (right) => (
                <span className="mono">
                  {right.verb} {right.resource}
                </span>
              ),
            },
            {
              title: t("clusters.capability.forMode"),
              render: (right) => t(`clusters.capability.${right.mode}`),
            },
            { title: t("clusters.capability.why"), render: (right) => right.why },
          ]}
        />
      </Section>
      {found.zones.length > 0 && <Zones zones={found.zones} query={query} />}
      <Section title={t("clusters.capability.nodes")}>
        <SimpleTable
          what={t("clusters.capability.nodes")}
          query={query}
          rows={found.nodes}
          rowKey={(node) => node.name}
          columns={[
            {
              title: t("clusters.capability.node"),
              render: (node) => <span className="mono">{node.name}</span>,
            },
            { title: t("clusters.capability.zone"), render: (node) => node.zone ?? t("common.dash") },
            { title: t("clusters.capability.takes"), render: (node) => yesNo(node.schedulable) },
            { title: t("clusters.capability.kvm"), render: (node) => yesNo(node.kvm) },
            { title: t("clusters.capability.cpu"), render: (node) => node.milli_cpu / 1000 },
            {
              title: t("clusters.capability.memory"),
              render: (node) => bytes(t, node.memory_bytes, i18n.language),
            },
            {
              title: t("clusters.capability.special"),
              render: (node) =>
                specialOf(
                  node,
                  (size) => bytes(t, size, i18n.language),
                  t("clusters.capability.dedicated"),
                ).join(", ") || t("common.dash"),
            },
          ]}
        />
      </Section>
      <Section title={t("clusters.capability.storage")}>
        <SimpleTable
          what={t("clusters.capability.storage")}
          query={query}
          rows={found.storage_classes}
          rowKey={(row) => row.name}
          columns={[
            {
              title: t("clusters.capability.class"),
              render: (row) => (
                <span className="mono">
                  {row.name}
                  {row.default && <span className="dim"> ({t("clusters.capability.default")})</span>}
                </span>
              ),
            },
            {
              title: t("clusters.capability.provisioner"),
              render: (row) => <span className="mono">{row.provisioner}</span>,
            },
            {
              title: t("clusters.capability.modes"),
              render: (row) => row.volume_modes.join(", ") || t("common.dash"),
            },
            { title: t("clusters.capability.grows"), render: (row) => yesNo(row.expandable) },
          ]}
        />
      </Section>
      {found.missing.length > 0 && (
        <Section title={t("clusters.capability.missing")}>
          <Details
            facts={found.missing.map((part) => ({
              label: part.part,
              value: (
                <>
                  <span className="mono">{part.code}</span> <span className="dim">{part.detail}</span>
                </>
              ),
            }))}
          />
        </Section>
      )}
    </>
  );
}
