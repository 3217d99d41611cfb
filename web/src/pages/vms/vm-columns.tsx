import { Link } from "@tanstack/react-router";
import { CloudOff } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { VmSummary } from "~/api/types";
import { Copyable } from "~/parts/Copyable";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import type { Column } from "~/parts/list/ResourceList";
import { RelativeTime } from "~/parts/RelativeTime";
import { VmBadge } from "~/parts/StateBadges";
import { absoluteTime } from "~/parts/time";
import { bytes, vcpu } from "~/parts/units";

export function useVmColumns(): Column<VmSummary>[] {
  const { t, i18n } = useTranslation();
  return useMemo(
    () => [
      { key: "name", title: t("common.name"), fixed: true, width: "15%", render: (vm) => <VmName vm={vm} /> },
      {
        key: "state",
        title: t("common.state"),
        fixed: true,
        width: "140px",
        render: (vm) => <VmState vm={vm} />,
      },
      {
        key: "service",
        title: t("vms.column.service"),
        render: (vm) => (
          <>
            <span className="soft">{vm.system.name}</span>
            <span className="dim"> / </span>
            {vm.service.name}
          </>
        ),
      },
      {
        key: "environment",
        title: t("common.environment"),
        width: "120px",
        render: (vm) => <EnvironmentLabel environment={vm.environment} />,
      },
      {
        key: "size",
        title: t("common.size"),
        width: "152px",
        render: (vm) => (
          <span className="soft">
            {vcpu(t, vm.size.milli_vcpu, i18n.language)} · {bytes(t, vm.size.memory_bytes, i18n.language)}
          </span>
        ),
      },
      {
        key: "address",
        title: t("common.address"),
        width: "130px",
        render: (vm) =>
          vm.address ? <Copyable value={vm.address} /> : <span className="dim">{t("common.dash")}</span>,
      },
      {
        key: "cluster",
        title: t("common.cluster"),
        render: (vm) =>
          vm.cluster ? (
            <span className="mono soft">{vm.cluster.name}</span>
          ) : (
            <span className="dim">{t("common.dash")}</span>
          ),
      },
      {
        key: "full",
        title: t("vms.column.fullName"),
        hidden: true,
        render: (vm) => <Copyable value={vm.name} />,
      },
      {
        key: "created",
        title: t("common.created"),
        width: "116px",
        render: (vm) => <RelativeTime at={vm.created_at} />,
      },
    ],
    [t, i18n.language],
  );
}

/** The state in a list: with what runs on it now, and, when the cluster is silent, how old the answer is. */
function VmState({ vm }: { vm: VmSummary }) {
  const { t, i18n } = useTranslation();
  const heard = vm.observed_at ? absoluteTime(Date.parse(vm.observed_at), i18n.language) : t("common.never");
  const title = vm.stale
    ? `${t("vms.stale")} ${t("common.lastHeard")} ${heard}`
    : (vm.status_reason ?? undefined);
  return (
    <span className={vm.stale ? "vm-stale" : undefined}>
      <VmBadge state={vm.state} power={vm.power} title={title ?? undefined} />
      {vm.stale && (
        <span className="stale-mark" title={title}>
          <CloudOff size={13} aria-hidden="true" />
          <span className="sr-only">{title}</span>
        </span>
      )}
    </span>
  );
}

/** `redis-06`, with the full name one hover away, as a link to its page. */
function VmName({ vm }: { vm: Pick<VmSummary, "id" | "name" | "short_name"> }) {
  return (
    <Link to="/vms/$vmId" params={{ vmId: vm.id }} search={{}} className="mono" title={vm.name} tabIndex={-1}>
      {vm.short_name}
    </Link>
  );
}
