import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Drawer } from "antd";
import { ListFilter } from "lucide-react";
import { useTranslation } from "react-i18next";
import { auditEventQuery } from "~/api/queries/audit";
import type { AuditEvent } from "~/api/types";
import type { auditSearch } from "~/app/searches";
import { Copyable } from "~/parts/Copyable";
import { Diff } from "~/parts/Diff";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { JsonBlock } from "~/parts/JsonBlock";
import { Details, Section } from "~/parts/Page";
import { StateBadge } from "~/parts/StateBadge";
import { PageFailure, SkeletonLines } from "~/parts/states";
import { outcomeTone } from "./outcome";
import { Proof } from "./Proof";

type Search = ReturnType<typeof auditSearch>;

interface Props {
  id: number;
  onFilter: (change: Search) => void;
  onClose: () => void;
}

export function AuditDetail({ id, onFilter, onClose }: Props) {
  const { t } = useTranslation();
  const event = useQuery(auditEventQuery(id));
  return (
    <Drawer open size={640} title={t("audit.detail", { id })} onClose={onClose}>
      {event.isPending && <SkeletonLines lines={8} what={t("audit.detail", { id })} />}
      {event.isError && <PageFailure error={event.error} retry={() => void event.refetch()} />}
      {event.data && <Body event={event.data} onFilter={onFilter} />}
    </Drawer>
  );
}

function Body({ event, onFilter }: { event: AuditEvent; onFilter: (change: Search) => void }) {
  const { t } = useTranslation();
  const only = (change: Search) => (
    <Button
      type="text"
      size="small"
      aria-label={t("list.only")}
      title={t("list.only")}
      icon={<ListFilter size={13} />}
      onClick={() => onFilter({ ...change, event: undefined } as unknown as Search)}
    />
  );
  return (
    <>
      <Section title={<span className="mono">{event.action}</span>}>
        <Details
          facts={[
            { label: t("audit.when"), value: <Copyable value={event.at} /> },
            {
              label: t("audit.who"),
              value: (
                <span className="row">
                  {event.actor_name} {event.actor && only({ actor: event.actor.id })}
                </span>
              ),
            },
            {
              label: t("audit.outcome"),
              value: (
                <StateBadge tone={outcomeTone[event.outcome]} label={t(`states.outcome.${event.outcome}`)} />
              ),
            },
            ...(event.code
              ? [{ label: t("audit.code"), value: <span className="mono">{event.code}</span> }]
              : []),
            {
              label: t("audit.resource"),
              value: (
                <span className="row row-wrap">
                  <span className="dim">{event.resource_kind}</span>
                  {event.vm_id ? (
                    <Link to="/vms/$vmId" params={{ vmId: event.vm_id }} search={{}} className="mono">
                      {event.resource_name}
                    </Link>
                  ) : (
                    event.resource_name
                  )}
                  {event.vm_id && only({ vm: event.vm_id })}
                </span>
              ),
            },
            ...(event.environment
              ? [
                  {
                    label: t("audit.environment"),
                    value: <EnvironmentLabel environment={event.environment} />,
                  },
                ]
              : []),
            ...(event.request_id && event.request_number != null
              ? [
                  {
                    label: t("audit.request"),
                    value: (
                      <span className="row">
                        <Link to="/requests/$requestId" params={{ requestId: event.request_id }} search={{}}>
                          {t("common.requestNumber", { number: event.request_number })}
                        </Link>
                        {only({ request: event.request_id })}
                      </span>
                    ),
                  },
                ]
              : []),
            {
              label: t("audit.source"),
              value: event.source_address ? (
                <span className="mono">{event.source_address}</span>
              ) : (
                t("common.none")
              ),
            },
            {
              label: t("audit.leaf"),
              value: <Copyable value={event.leaf_hash} shown={`${event.leaf_hash.slice(0, 24)}…`} />,
            },
          ]}
        />
      </Section>
      {(event.before || event.after) && (
        <Section
          title={t(
            event.before && event.after ? "audit.changed" : event.after ? "audit.after" : "audit.before",
          )}
        >
          <Diff before={event.before} after={event.after} label={t("audit.changed")} />
          <details className="fold raw">
            <summary>{t("audit.raw")}</summary>
            <JsonBlock value={{ before: event.before, after: event.after }} label={t("audit.raw")} />
          </details>
        </Section>
      )}
      <Proof id={event.id} />
    </>
  );
}
