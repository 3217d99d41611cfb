/** What clusters have beside governed VMs: where it is, how large, how old, and who may own it. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { type UnmanagedVm, unmanagedQuery } from "~/api/queries/unmanaged";
import type { PowerState } from "~/api/types";
import { useEnvironment } from "~/app/environment";
import { defined } from "~/app/search";
import { powerStates } from "~/app/searches";
import { ChoiceFilter, TextFilter } from "~/parts/list/filters";
import { ResourceList } from "~/parts/list/ResourceList";
import { Page } from "~/parts/Page";
import { StateBadge } from "~/parts/StateBadge";
import { Empty } from "~/parts/states";
import { tones } from "~/parts/tones";
import { ScopeFilters } from "../vms/ScopeFilters";
import { useUnmanagedColumns } from "./unmanaged-columns";

export function UnmanagedList() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/clusters/unmanaged" });
  const navigate = useNavigate({ from: "/clusters/unmanaged" });
  const environment = useEnvironment();
  const columns = useUnmanagedColumns();
  const set = useCallback(
    (change: Partial<typeof search>) =>
      void navigate({ search: (old) => defined({ ...old, ...change }) as never, replace: true }),
    [navigate],
  );
  const onText = useCallback((q: string | undefined) => set({ q } as never), [set]);
  const filters = defined({
    q: search.q,
    power: search.power,
    cluster_id: search.cluster,
    environment_id: environment?.id,
  });
  return (
    <Page title={t("clusters.unmanaged.title")} lead={t("clusters.unmanaged.lead")}>
      <ResourceList<UnmanagedVm>
        name="unmanaged"
        label={t("clusters.unmanaged.title")}
        query={unmanagedQuery(filters)}
        columns={columns}
        onOpen={(vm) =>
          void navigate({ to: "/clusters/$clusterId", params: { clusterId: vm.cluster.id }, search: {} })
        }
        filtered={Object.keys(filters).length > 0}
        filters={
          <>
            <TextFilter label={t("clusters.unmanaged.filter")} value={search.q} onChange={onText} />
            <ChoiceFilter<PowerState>
              label={t("vms.anyState")}
              value={search.power}
              options={powerStates.map((state) => ({
                value: state,
                label: <StateBadge tone={tones.power(state)} label={t(`states.power.${state}`)} />,
              }))}
              onChange={(power) => set({ power } as never)}
            />
            <ScopeFilters search={search} onChange={set} />
          </>
        }
        empty={
          <Empty title={t("clusters.unmanaged.empty.title")} text={t("clusters.unmanaged.empty.text")} />
        }
      />
    </Page>
  );
}
