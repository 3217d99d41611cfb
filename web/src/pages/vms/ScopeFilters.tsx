/** Filters that come with a link from elsewhere: the system, service or cluster, each with its name. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { clusterQuery } from "~/api/queries/clusters";
import { serviceQuery, systemQuery } from "~/api/queries/systems";
import { SetFilter } from "~/parts/list/filters";

interface Scope {
  system?: string | undefined;
  service?: string | undefined;
  cluster?: string | undefined;
}

export function ScopeFilters({ search, onChange }: { search: Scope; onChange: (change: never) => void }) {
  const { t } = useTranslation();
  const system = useQuery({ ...systemQuery(search.system ?? ""), enabled: Boolean(search.system) });
  const service = useQuery({ ...serviceQuery(search.service ?? ""), enabled: Boolean(search.service) });
  const cluster = useQuery({ ...clusterQuery(search.cluster ?? ""), enabled: Boolean(search.cluster) });
  const set = (change: Scope) => onChange(change as never);
  return (
    <>
      {search.system && (
        <SetFilter
          label={t("common.system")}
          value={system.data?.name ?? "…"}
          onClear={() => set({ system: undefined })}
        />
      )}
      {search.service && (
        <SetFilter
          label={t("common.service")}
          value={service.data?.name ?? "…"}
          onClear={() => set({ service: undefined })}
        />
      )}
      {search.cluster && (
        <SetFilter
          label={t("common.cluster")}
          value={cluster.data?.name ?? "…"}
          onClear={() => set({ cluster: undefined })}
        />
      )}
    </>
  );
}
