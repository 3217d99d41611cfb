import { useNavigate, useSearch } from "@tanstack/react-router";
import { Segmented } from "antd";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { requestsQuery } from "~/api/queries/requests";
import type { RequestOperation, RequestState, RequestSummary } from "~/api/types";
import { useEnvironment } from "~/app/environment";
import { defined } from "~/app/search";
import { operations, requestStates } from "~/app/searches";
import { useMay } from "~/app/session";
import { ChoiceFilter, TextFilter } from "~/parts/list/filters";
import { ResourceList } from "~/parts/list/ResourceList";
import { SavedViews } from "~/parts/list/SavedViews";
import { Page } from "~/parts/Page";
import { StateBadge } from "~/parts/StateBadge";
import { Empty } from "~/parts/states";
import { tones } from "~/parts/tones";
import { RequestVmButton } from "../vms/RequestVmButton";
import { ScopeFilters } from "../vms/ScopeFilters";
import { DraftList } from "./DraftList";
import { useRequestColumns } from "./request-columns";

export function RequestList() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/requests" });
  const navigate = useNavigate({ from: "/requests" });
  const environment = useEnvironment();
  const mayRequest = useMay("vm:create");
  const columns = useRequestColumns();
  const whose = search.whose ?? "mine";
  const set = useCallback(
    (change: Partial<typeof search>) =>
      void navigate({ search: (old) => defined({ ...old, ...change }) as never, replace: true }),
    [navigate],
  );
  const onText = useCallback((q: string | undefined) => set({ q } as never), [set]);
  const narrowing = defined({
    q: search.q,
    state: search.state,
    operation: search.operation,
    system_id: search.system,
    vm_id: search.vm,
    environment_id: environment?.id,
  });
  const choice = (
    <Segmented
      value={whose}
      onChange={(value) => set({ whose: value === "mine" ? undefined : value } as never)}
      options={[
        { value: "mine", label: t("requests.mine") },
        { value: "all", label: t("requests.all") },
        { value: "drafts", label: t("requests.drafts.tab") },
      ]}
    />
  );
  const action = mayRequest && <RequestVmButton />;
  if (whose === "drafts")
    return (
      <Page title={t("requests.title")} action={action}>
        <DraftList filters={choice} action={action} />
      </Page>
    );
  return (
    <Page title={t("requests.title")} action={action}>
      <ResourceList<RequestSummary>
        name="requests"
        label={t("requests.title")}
        query={requestsQuery({ ...narrowing, ...(whose === "mine" ? { mine: true } : {}) })}
        columns={columns}
        onOpen={(request) =>
          void navigate({ to: "/requests/$requestId", params: { requestId: request.id }, search: {} })
        }
        actions={<SavedViews list="requests" search={search} />}
        filtered={Object.keys(narrowing).length > 0}
        filters={
          <>
            {choice}
            <TextFilter label={t("list.filterByName")} value={search.q} onChange={onText} />
            <ChoiceFilter<RequestState>
              label={t("vms.anyState")}
              value={search.state}
              options={requestStates.map((state) => ({
                value: state,
                label: <StateBadge tone={tones.request(state)} label={t(`states.request.${state}`)} />,
              }))}
              onChange={(state) => set({ state } as never)}
            />
            <ChoiceFilter<RequestOperation>
              label={t("requests.anyOperation")}
              value={search.operation}
              options={operations.map((value) => ({ value, label: t(`states.verb.${value}`) }))}
              onChange={(operation) => set({ operation } as never)}
            />
            <ScopeFilters search={search} onChange={set} />
          </>
        }
        empty={<Empty title={t("requests.empty.title")} text={t("requests.empty.text")} action={action} />}
      />
    </Page>
  );
}
