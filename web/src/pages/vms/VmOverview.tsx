import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { operationsQuery } from "~/api/queries/vms";
import type { Vm } from "~/api/types";
import { Coded } from "~/parts/Coded";
import { Copyable, IdChip } from "~/parts/Copyable";
import { OperationCard } from "~/parts/OperationSteps";
import { Details, Section } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { OperationBadge } from "~/parts/StateBadges";
import { Failure, SkeletonLines } from "~/parts/states";
import { bytes, vcpu } from "~/parts/units";

export function VmOverview({ vm }: { vm: Vm }) {
  const { t, i18n } = useTranslation();
  return (
    <>
      {vm.status_message && (
        <div
          className={
            vm.state === "failed" || vm.power === "failed" ? "note note-failed" : "note note-waiting"
          }
        >
          <CircleAlert size={14} aria-hidden="true" />
          <div>
            <p className="strong">{vm.status_reason ?? t("vms.clusterSays")}</p>
            <p className="soft">{vm.status_message}</p>
          </div>
        </div>
      )}
      <div className="columns">
        <Section title={t("vms.about")}>
          <Details
            facts={[
              { label: t("vms.column.fullName"), value: <Copyable value={vm.name} /> },
              {
                label: t("common.size"),
                value: `${vm.size.name} · ${t("common.units.size", {
                  cpu: vcpu(t, vm.size.milli_vcpu, i18n.language),
                  memory: bytes(t, vm.size.memory_bytes, i18n.language),
                  disk: bytes(t, vm.size.disk_bytes, i18n.language),
                })}`,
              },
              {
                label: t("common.template"),
                value: `${vm.template.name} ${t("common.version", { version: vm.template.version })}`,
              },
              { label: t("vms.root.title"), value: t(`vms.root.${vm.root}`) },
              { label: t("common.namespace"), value: <span className="mono">{vm.namespace.name}</span> },
              {
                label: t("vms.node"),
                value: vm.node ? <span className="mono">{vm.node}</span> : t("common.none"),
              },
              {
                label: t("vms.observed"),
                value: vm.observed_at ? <RelativeTime at={vm.observed_at} /> : t("vms.neverObserved"),
              },
              {
                label: t("common.created"),
                value: (
                  <>
                    <RelativeTime at={vm.created_at} /> · {vm.created_by.display_name} ·{" "}
                    <Link to="/requests/$requestId" params={{ requestId: vm.request_id }} search={{}}>
                      {t("common.request")}
                    </Link>
                  </>
                ),
              },
              { label: t("common.id"), value: <IdChip id={vm.id} /> },
            ]}
          />
        </Section>
        <div>
          {vm.operation && (
            <Section
              title={`${t(`states.verb.${vm.operation.operation}`)} ${t("common.operationNumber", { number: vm.operation.number })}`}
              extra={<OperationBadge state={vm.operation.state} />}
            >
              <div className="panel panel-pad" aria-live="polite">
                <OperationCard id={vm.operation.id} />
              </div>
            </Section>
          )}
          <RecentWork vm={vm} />
        </div>
      </div>
    </>
  );
}

function RecentWork({ vm }: { vm: Vm }) {
  const { t } = useTranslation();
  const work = useQuery(operationsQuery(vm.id));
  const past = (work.data?.items ?? []).filter((operation) => operation.id !== vm.operation?.id);
  return (
    <Section title={t("vms.operation.past")}>
      {work.isPending && <SkeletonLines lines={3} what={t("vms.operation.past")} />}
      {work.isError && <Failure part error={work.error} retry={() => void work.refetch()} />}
      {work.data && past.length === 0 && <p className="soft">{t("vms.operation.none")}</p>}
      <ul className="work">
        {past.map((operation) => (
          <li key={operation.id}>
            <OperationBadge state={operation.state} />
            <span className="grow truncate">
              {t(`states.verb.${operation.operation}`)}{" "}
              {operation.failure && (
                <span className="soft">
                  <Coded reason={operation.failure} />
                </span>
              )}
            </span>
            <RelativeTime at={operation.finished_at ?? operation.created_at} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
