import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { auditQuery } from "~/api/queries/audit";
import type { AuditEvent } from "~/api/types";
import { useEnvironment } from "~/app/environment";
import { defined } from "~/app/search";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { type Column, ResourceList } from "~/parts/list/ResourceList";
import { SavedViews } from "~/parts/list/SavedViews";
import { Page } from "~/parts/Page";
import { StateBadge } from "~/parts/StateBadge";
import { Empty } from "~/parts/states";
import { shortDateTime } from "~/parts/time";
import { AuditDetail } from "./AuditDetail";
import { AuditFilters } from "./AuditFilters";
import { AuditNav } from "./AuditNav";
import { outcomeTone } from "./outcome";
import "./audit.css";

export function Audit() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/audit" });
  const navigate = useNavigate({ from: "/audit" });
  const environment = useEnvironment();
  const set = useCallback(
    (change: Partial<typeof search>) =>
      void navigate({ search: (old) => defined({ ...old, ...change }) as never, replace: true }),
    [navigate],
  );
  const filters = defined({
    action: search.action,
    outcome: search.outcome,
    // A search begins at two characters.
    search: search.q && search.q.length > 1 ? search.q : undefined,
    resource_kind: search.kind,
    resource_id: search.resource,
    actor_id: search.actor,
    vm_id: search.vm,
    system_id: search.system,
    request_id: search.request,
    since: search.since,
    until: search.until,
    environment_id: environment?.id,
  });
  return (
    <Page title={t("audit.title")} lead={t("audit.lead")}>
      <AuditNav />
      <ResourceList<AuditEvent>
        name="audit"
        label={t("audit.title")}
        query={auditQuery(filters)}
        columns={useColumns()}
        filtered={Object.keys(filters).length > 0}
        filters={<AuditFilters search={search} onChange={set} />}
        actions={<SavedViews list="audit" search={search} />}
        onOpen={(event) => set({ event: event.id })}
        empty={<Empty title={t("audit.empty.title")} text={t("audit.empty.text")} />}
      />
      {search.event !== undefined && (
        <AuditDetail id={search.event} onFilter={set} onClose={() => set({ event: undefined } as never)} />
      )}
    </Page>
  );
}

function useColumns(): Column<AuditEvent>[] {
  const { t, i18n } = useTranslation();
  return useMemo(
    () => [
      {
        key: "at",
        title: t("audit.when"),
        fixed: true,
        width: "160px",
        render: (event) => (
          <time dateTime={event.at} title={event.at} className="soft">
            {shortDateTime(Date.parse(event.at), i18n.language)}
          </time>
        ),
      },
      { key: "who", title: t("audit.who"), width: "16%", render: (event) => event.actor_name },
      {
        key: "action",
        title: t("audit.action"),
        fixed: true,
        width: "16%",
        render: (event) => <span className="mono">{event.action}</span>,
      },
      {
        key: "resource",
        title: t("audit.resource"),
        render: (event) => (
          <>
            <span className="dim">{event.resource_kind}</span> {event.resource_name}
          </>
        ),
      },
      {
        key: "outcome",
        title: t("audit.outcome"),
        width: "130px",
        render: (event) => (
          <StateBadge tone={outcomeTone[event.outcome]} label={t(`states.outcome.${event.outcome}`)} />
        ),
      },
      {
        key: "environment",
        title: t("audit.environment"),
        width: "120px",
        render: (event) => event.environment && <EnvironmentLabel environment={event.environment} />,
      },
      {
        key: "request",
        title: t("audit.request"),
        width: "90px",
        render: (event) =>
          event.request_number != null && (
            <span className="soft">{t("common.requestNumber", { number: event.request_number })}</span>
          ),
      },
      {
        key: "source",
        title: t("audit.source"),
        width: "130px",
        hidden: true,
        render: (event) => <span className="mono soft">{event.source_address}</span>,
      },
      {
        key: "code",
        title: t("audit.code"),
        hidden: true,
        render: (event) => <span className="mono soft">{event.code}</span>,
      },
    ],
    [t, i18n.language],
  );
}
