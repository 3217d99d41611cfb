/** Everything the audit holds about one thing, newest first; for the pages of things, by those who may read the audit. */
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { auditQuery } from "~/api/queries/audit";
import type { AuditEvent } from "~/api/types";
import { ResourceList } from "./list/ResourceList";
import { StateBadge } from "./StateBadge";
import { Empty } from "./states";
import { shortDateTime } from "./time";

const tone = { success: "running", denied: "failed", failed: "failed", intent: "changing" } as const;

export function ResourceHistory({ kind, id }: { kind: string; id: string }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  return (
    <ResourceList<AuditEvent>
      name="history"
      label={t("audit.history")}
      query={auditQuery({ resource_kind: kind, resource_id: id })}
      columns={[
        {
          key: "at",
          title: t("audit.when"),
          width: "170px",
          fixed: true,
          render: (event) => (
            <time dateTime={event.at} title={event.at} className="soft">
              {shortDateTime(Date.parse(event.at), i18n.language)}
            </time>
          ),
        },
        { key: "who", title: t("audit.who"), width: "24%", render: (event) => event.actor_name },
        {
          key: "action",
          title: t("audit.action"),
          fixed: true,
          render: (event) => <span className="mono">{event.action}</span>,
        },
        {
          key: "outcome",
          title: t("audit.outcome"),
          width: "140px",
          render: (event) => (
            <StateBadge tone={tone[event.outcome]} label={t(`states.outcome.${event.outcome}`)} />
          ),
        },
      ]}
      onOpen={(event) => void navigate({ to: "/audit", search: { kind, resource: id, event: event.id } })}
      empty={<Empty title={t("audit.historyNone")} />}
    />
  );
}
