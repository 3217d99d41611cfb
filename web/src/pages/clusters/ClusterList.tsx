import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { clustersQuery } from "~/api/queries/clusters";
import type { Cluster } from "~/api/types";
import { useEnvironment } from "~/app/environment";
import { useMay } from "~/app/session";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { Page } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { HealthBadge } from "~/parts/StateBadges";
import { SubNav } from "~/parts/SubNav";
import { Empty, Failure, SkeletonLines } from "~/parts/states";
import { CapacityBars } from "./Capacity";
import { RegisterCluster } from "./RegisterCluster";
import "./clusters.css";

export function ClusterList() {
  const { t } = useTranslation();
  const environment = useEnvironment();
  const clusters = useQuery(clustersQuery(environment ? { environment_id: environment.id } : {}));
  const navigate = useNavigate();
  const adding = useSearch({ from: "/shell/clusters" }).new === true;
  const mayManage = useMay("cluster:manage");
  const setAdding = (shown: boolean) =>
    void navigate({ to: "/clusters", search: shown ? { new: true } : {}, replace: true });
  const add = mayManage && (
    <Button type="primary" icon={<Plus size={14} />} onClick={() => setAdding(true)}>
      {t("clusters.register.title")}
    </Button>
  );
  return (
    <Page title={t("clusters.title")} lead={t("clusters.lead")} action={add}>
      <SubNav
        label={t("clusters.title")}
        places={[
          { to: "/clusters", label: t("clusters.title") },
          { to: "/clusters/unmanaged", label: t("clusters.unmanaged.title") },
        ]}
      />
      {clusters.isPending && <SkeletonLines lines={6} what={t("clusters.title")} />}
      {clusters.isError && <Failure error={clusters.error} retry={() => void clusters.refetch()} />}
      {clusters.data?.items.length === 0 && (
        <Empty title={t("clusters.empty.title")} text={t("clusters.empty.text")} action={add} />
      )}
      <ul className="clusters">
        {clusters.data?.items.map((cluster) => (
          <ClusterCard key={cluster.id} cluster={cluster} />
        ))}
      </ul>
      {adding && mayManage && (
        <RegisterCluster
          onClose={() => setAdding(false)}
          onDone={(cluster) => {
            void clusters.refetch();
            void navigate({ to: "/clusters/$clusterId", params: { clusterId: cluster.id }, search: {} });
          }}
        />
      )}
    </Page>
  );
}

function ClusterCard({ cluster }: { cluster: Cluster }) {
  const { t } = useTranslation();
  return (
    <li className="cluster panel">
      <div className="row spread">
        <Link
          to="/clusters/$clusterId"
          params={{ clusterId: cluster.id }}
          search={{}}
          className="mono cluster-name"
        >
          {cluster.name}
        </Link>
        <EnvironmentLabel environment={cluster.environment} />
      </div>
      <div className="row spread">
        <HealthBadge health={cluster.health} />
        <span className="dim">
          {t("common.lastHeard")}{" "}
          {cluster.observed_at ? <RelativeTime at={cluster.observed_at} /> : t("common.never")}
        </span>
      </div>
      {cluster.message && <p className="soft cluster-message">{cluster.message}</p>}
      <CapacityBars capacity={cluster.capacity} />
      <div className="row spread dim">
        <span>
          {t("systems.vmCount", { count: cluster.vm_count })}
          {cluster.unmanaged_count > 0 &&
            ` · ${t("clusters.unmanaged.count", { count: cluster.unmanaged_count })}`}
        </span>
        <span>
          {cluster.kubevirt_version ? `KubeVirt ${cluster.kubevirt_version}` : ""}
          {cluster.mode === "observe" && ` · ${t("clusters.mode.observe")}`}
          {!cluster.accepts_vms && ` · ${t("clusters.accepts")}: ${t("clusters.acceptsNo")}`}
        </span>
      </div>
    </li>
  );
}
