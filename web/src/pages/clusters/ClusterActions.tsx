/** What can be done with a cluster: close or open it to new VMs, give it new credentials, remove it. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button, Dropdown } from "antd";
import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { removeCluster, updateCluster } from "~/api/queries/clusters";
import type { Cluster } from "~/api/types";
import { useMay } from "~/app/session";
import { ConfirmDialog } from "~/parts/ConfirmDialog";
import { RotateCredentials } from "./RotateCredentials";

export function ClusterActions({ cluster }: { cluster: Cluster }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const mayManage = useMay("cluster:manage");
  const [doing, setDoing] = useState<"accept" | "rotate" | "mode" | "remove" | null>(null);
  if (!mayManage) return null;
  const refresh = () => client.invalidateQueries({ queryKey: keys.lists("clusters") });
  const keep = (next: Cluster) => {
    client.setQueryData(keys.one("clusters", cluster.id), next);
    void refresh();
    setDoing(null);
  };
  const other = cluster.mode === "govern" ? "observe" : "govern";
  const verb = t(cluster.accepts_vms ? "clusters.close.verb" : "clusters.open.verb");
  return (
    <>
      {cluster.mode === "govern" && <Button onClick={() => setDoing("accept")}>{verb}</Button>}
      <Dropdown
        trigger={["click"]}
        placement="bottomRight"
        menu={{
          onClick: ({ key }) => setDoing(key as "rotate"),
          items: [
            { key: "rotate", label: t("clusters.rotate.verb") },
            {
              key: "mode",
              label: t(`clusters.${other}.verb`),
              disabled: other === "observe" && cluster.vm_count > 0,
              title: other === "observe" && cluster.vm_count > 0 ? t("codes.CLUSTER_IN_USE") : "",
            },
            {
              key: "remove",
              label: t("clusters.remove.verb"),
              danger: true,
              disabled: cluster.vm_count > 0,
              title: cluster.vm_count > 0 ? t("codes.CLUSTER_IN_USE") : "",
            },
          ],
        }}
      >
        <Button icon={<Ellipsis size={15} />} aria-label={t("common.more")} />
      </Dropdown>
      {doing === "accept" && (
        <ConfirmDialog
          confirmation={{
            title: t(cluster.accepts_vms ? "clusters.close.title" : "clusters.open.title", {
              name: cluster.name,
            }),
            consequences: t(cluster.accepts_vms ? "clusters.close.text" : "clusters.open.text"),
            verb,
          }}
          act={() => updateCluster(cluster.id, cluster.version, { accepts_vms: !cluster.accepts_vms })}
          onDone={keep}
          onClose={() => setDoing(null)}
        />
      )}
      {doing === "mode" && (
        <ConfirmDialog
          confirmation={{
            title: t(`clusters.${other}.title`, { name: cluster.name }),
            consequences: t(`clusters.${other}.text`),
            verb: t(`clusters.${other}.verb`),
          }}
          act={() => updateCluster(cluster.id, cluster.version, { mode: other })}
          onDone={keep}
          onClose={() => setDoing(null)}
        />
      )}
      {doing === "rotate" && (
        <RotateCredentials cluster={cluster} onDone={keep} onClose={() => setDoing(null)} />
      )}
      {doing === "remove" && (
        <ConfirmDialog
          confirmation={{
            title: t("clusters.remove.title", { name: cluster.name }),
            consequences: t("clusters.remove.text"),
            verb: t("clusters.remove.verb"),
            danger: true,
            typeName: cluster.name,
          }}
          act={() => removeCluster(cluster.id)}
          onDone={() => {
            void refresh();
            void navigate({ to: "/clusters", search: {} });
          }}
          onClose={() => setDoing(null)}
        />
      )}
    </>
  );
}
