import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { CircleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { clusterQuery } from "~/api/queries/clusters";
import type { Cluster } from "~/api/types";
import { Copyable, IdChip } from "~/parts/Copyable";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { ObjectPage } from "~/parts/ObjectPage";
import { Details, Section } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { HealthBadge } from "~/parts/StateBadges";
import { PageFailure, SkeletonLines } from "~/parts/states";
import { VmsOf } from "../vms/VmsOf";
import { Capability } from "./Capability";
import { CapacityBars } from "./Capacity";
import { ClusterActions } from "./ClusterActions";
import { ClusterPolicy } from "./ClusterPolicy";
import { Work } from "./Work";
import "./clusters.css";

export function ClusterPage() {
  const { t } = useTranslation();
  const { clusterId } = useParams({ from: "/shell/clusters/$clusterId" });
  const cluster = useQuery(clusterQuery(clusterId));
  return cluster.isSuccess ? (
    <Loaded cluster={cluster.data} />
  ) : (
    <div className="page-pad">
      {cluster.isPending ? (
        <SkeletonLines lines={6} what={t("common.cluster")} />
      ) : (
        <PageFailure error={cluster.error} retry={() => void cluster.refetch()} />
      )}
    </div>
  );
}

function Loaded({ cluster }: { cluster: Cluster }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const tab = useSearch({ from: "/shell/clusters/$clusterId" }).tab;
  const heard = cluster.observed_at ? <RelativeTime at={cluster.observed_at} /> : t("common.never");
  const unwell = cluster.health === "unreachable" || cluster.health === "degraded";
  return (
    <ObjectPage
      above={
        <Link to="/clusters" search={{}}>
          {t("clusters.title")}
        </Link>
      }
      title={cluster.name}
      shown={<span className="mono object-name">{cluster.name}</span>}
      state={<HealthBadge health={cluster.health} />}
      labels={<EnvironmentLabel environment={cluster.environment} />}
      facts={[
        { label: t("common.lastHeard"), value: heard },
        { label: t("clusters.vms"), value: cluster.vm_count },
        {
          label: t("clusters.unmanaged.title"),
          value: (
            <Link to="/clusters/unmanaged" search={{ cluster: cluster.id }}>
              {cluster.unmanaged_count}
            </Link>
          ),
        },
        { label: t("clusters.version"), value: cluster.kubevirt_version ?? t("common.unknown") },
      ]}
      action={<ClusterActions cluster={cluster} />}
      notes={
        unwell && (
          <div className={cluster.health === "unreachable" ? "note note-failed" : "note note-waiting"}>
            <CircleAlert size={14} aria-hidden="true" />
            <div>
              <p>
                <span className="strong">{t("clusters.stale")}</span> {heard}
              </p>
              {cluster.message && <p className="soft">{cluster.message}</p>}
            </div>
          </div>
        )
      }
      tab={tab}
      onTab={(next) =>
        void navigate({
          to: "/clusters/$clusterId",
          params: { clusterId: cluster.id },
          search: next === "overview" ? {} : { tab: next },
          replace: true,
        })
      }
      tabs={[
        { key: "overview", label: t("clusters.tabs.overview"), content: <Body cluster={cluster} /> },
        {
          key: "capability",
          label: t("clusters.tabs.capability"),
          content: <Capability cluster={cluster} />,
        },
        {
          key: "vms",
          label: t("clusters.tabs.vms"),
          content: <VmsOf filters={{ cluster_id: cluster.id }} />,
        },
      ]}
    />
  );
}

function Body({ cluster }: { cluster: Cluster }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return (
    <>
      <div className="columns">
        <Section title={t("vms.about")}>
          <Details
            facts={[
              { label: t("clusters.api"), value: <Copyable value={cluster.api_url} /> },
              { label: t("clusters.mode.label"), value: t(`clusters.mode.${cluster.mode}`) },
              {
                label: t("clusters.credentials"),
                value: (
                  <>
                    {t("clusters.signIn.since", { kind: t(`clusters.signIn.${cluster.sign_in}`) })}{" "}
                    <RelativeTime at={cluster.rotated_at} />
                  </>
                ),
              },
              {
                label: t("clusters.accepts"),
                value: t(cluster.accepts_vms ? "clusters.acceptsYes" : "clusters.acceptsNo"),
              },
              { label: t("common.created"), value: <RelativeTime at={cluster.created_at} /> },
              { label: t("common.id"), value: <IdChip id={cluster.id} /> },
            ]}
          />
        </Section>
        <div>
          <Section title={t("clusters.capacity")}>
            <CapacityBars capacity={cluster.capacity} />
          </Section>
          <ClusterPolicy
            cluster={cluster}
            onDone={(next) => client.setQueryData(keys.one("clusters", next.id), next)}
          />
        </div>
      </div>
      <Work clusterId={cluster.id} />
    </>
  );
}
