import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Typography } from "antd";
import { CircleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/keys";
import { toProblem } from "~/api/problem";
import { operationsQuery, setBeside } from "~/api/queries/vms";
import type { Vm } from "~/api/types";
import { Coded } from "~/parts/Coded";
import { Copyable, IdChip } from "~/parts/Copyable";
import { FormProblem } from "~/parts/form";
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
              { label: t("vms.description"), value: <Description vm={vm} /> },
              ...(Object.keys(vm.labels).length > 0
                ? [{ label: t("vms.labels"), value: <Labels labels={vm.labels} /> }]
                : []),
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
              ...(vm.pool
                ? [
                    {
                      label: t("vms.pool"),
                      value: (
                        <Link to="/pools/$poolId" params={{ poolId: vm.pool.id }} search={{}}>
                          {vm.pool.name}
                        </Link>
                      ),
                    },
                  ]
                : []),
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

/** Set by whoever may change the VM; nobody has to agree. */
function Description({ vm }: { vm: Vm }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (description: string) => setBeside(vm.id, vm.version, { description }),
    onSuccess: (next) => client.setQueryData(keys.one("vms", vm.id), next),
    onError: () => client.invalidateQueries({ queryKey: keys.one("vms", vm.id) }),
  });
  const edit = {
    tooltip: t("vms.describe"),
    maxLength: 500,
    onChange: (text: string) => text.trim() !== vm.description && change.mutate(text.trim()),
    text: vm.description,
  };
  return (
    <>
      <Typography.Text editable={vm.may.update ? edit : false}>
        {vm.description || <span className="dim">{t("common.none")}</span>}
      </Typography.Text>
      <FormProblem problem={change.isError ? toProblem(change.error) : null} />
    </>
  );
}

function Labels({ labels }: { labels: Vm["labels"] }) {
  return (
    <>
      {Object.entries(labels).map(([key, value]) => (
        <div key={key} className="mono truncate">
          {key}={value}
        </div>
      ))}
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
