import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Checkbox } from "antd";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { vmsQuery } from "~/api/queries/vms";
import type { PowerState, VmSummary } from "~/api/types";
import { useEnvironment } from "~/app/environment";
import { defined } from "~/app/search";
import { powerStates } from "~/app/searches";
import { useMay } from "~/app/session";
import { copyText } from "~/parts/copy";
import { ChoiceFilter, TextFilter } from "~/parts/list/filters";
import { ResourceList } from "~/parts/list/ResourceList";
import { SavedViews } from "~/parts/list/SavedViews";
import { Page } from "~/parts/Page";
import { StateBadge } from "~/parts/StateBadge";
import { Empty } from "~/parts/states";
import { tones } from "~/parts/tones";
import { BulkActs } from "./BulkActs";
import { RequestVmButton } from "./RequestVmButton";
import { ScopeFilters } from "./ScopeFilters";
import { useVmColumns } from "./vm-columns";

export function VmList() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/vms" });
  const navigate = useNavigate({ from: "/vms" });
  const environment = useEnvironment();
  const columns = useVmColumns();
  const mayRequest = useMay("vm:create");
  const set = useCallback(
    (change: Partial<typeof search>) =>
      void navigate({ search: (old) => defined({ ...old, ...change }) as never, replace: true }),
    [navigate],
  );
  const onText = useCallback((q: string | undefined) => set({ q } as never), [set]);
  const filters = defined({
    q: search.q,
    power: search.power,
    system_id: search.system,
    service_id: search.service,
    cluster_id: search.cluster,
    deleted: search.deleted,
    trashed: search.trashed,
    environment_id: environment?.id,
  });
  return (
    <Page title={t("vms.title")} action={mayRequest && <RequestVmButton />}>
      <ResourceList<VmSummary>
        name="vms"
        label={t("vms.title")}
        query={vmsQuery(filters)}
        columns={columns}
        onOpen={(vm) => void navigate({ to: "/vms/$vmId", params: { vmId: vm.id }, search: {} })}
        filtered={Object.keys(filters).length > 0}
        filters={
          <>
            <TextFilter label={t("list.filterByName")} value={search.q} onChange={onText} />
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
            <Checkbox
              checked={search.trashed === true}
              onChange={(event) => set({ trashed: event.target.checked || undefined } as never)}
            >
              {t("vms.trash.filter")}
            </Checkbox>
          </>
        }
        actions={<SavedViews list="vms" search={search} />}
        bulk={(rows, clear) => (
          <>
            <BulkActs vms={rows} clear={clear} />
            <Button size="small" onClick={() => void copyText(rows.map((row) => row.name).join("\n"))}>
              {t("list.copyNames")}
            </Button>
          </>
        )}
        empty={
          <Empty
            title={t("vms.empty.title")}
            text={t("vms.empty.text")}
            action={mayRequest && <RequestVmButton />}
          />
        }
      />
    </Page>
  );
}
