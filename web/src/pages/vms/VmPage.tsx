import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { CloudOff, RotateCw, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { vmQuery } from "~/api/queries/vms";
import type { Vm } from "~/api/types";
import { Copyable } from "~/parts/Copyable";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { ObjectPage } from "~/parts/ObjectPage";

import { RelativeTime, useNow } from "~/parts/RelativeTime";
import { VmBadge } from "~/parts/StateBadges";
import { PageFailure, SkeletonLines } from "~/parts/states";
import { relativeTime } from "~/parts/time";
import { bytes, vcpu } from "~/parts/units";
import { VmAccess } from "./VmAccess";
import { VmActions } from "./VmActions";
import { VmConsole } from "./VmConsole";
import { VmOverview } from "./VmOverview";
import { VmSpec } from "./VmSpec";
import { VmTimeline } from "./VmTimeline";

export function VmPage() {
  const { t } = useTranslation();
  const { vmId } = useParams({ from: "/shell/vms/$vmId" });
  const vm = useQuery(vmQuery(vmId));
  if (vm.isPending)
    return (
      <div className="page-pad">
        <SkeletonLines lines={8} what={t("common.vm")} />
      </div>
    );
  if (vm.isError)
    return (
      <div className="page-pad">
        <PageFailure error={vm.error} retry={() => void vm.refetch()} />
      </div>
    );
  return <Loaded vm={vm.data} />;
}

function Loaded({ vm }: { vm: Vm }) {
  const { t, i18n } = useTranslation();
  const { tab } = useSearch({ from: "/shell/vms/$vmId" });
  const navigate = useNavigate();
  const size = `${vcpu(t, vm.size.milli_vcpu, i18n.language)} · ${bytes(t, vm.size.memory_bytes, i18n.language)}`;
  return (
    <ObjectPage
      above={<Above vm={vm} />}
      title={vm.short_name}
      shown={<span className="mono object-name">{vm.short_name}</span>}
      state={<VmBadge state={vm.state} power={vm.power} title={vm.status_reason ?? undefined} />}
      labels={<EnvironmentLabel environment={vm.environment} />}
      facts={[
        {
          label: t("common.address"),
          value: vm.address ? (
            <Copyable value={vm.address} />
          ) : (
            <span className="dim">{t("common.none")}</span>
          ),
        },
        { label: t("common.size"), value: size },
        {
          label: t("common.cluster"),
          value: vm.cluster ? (
            <span className="mono">{vm.cluster.name}</span>
          ) : (
            <span className="dim">{t("common.none")}</span>
          ),
        },
      ]}
      action={<VmActions vm={vm} />}
      notes={
        <>
          <Stale vm={vm} />
          <Pending vm={vm} />
        </>
      }
      tab={tab}
      onTab={(key) =>
        void navigate({
          to: "/vms/$vmId",
          params: { vmId: vm.id },
          search: key === "overview" ? {} : { tab: key },
        })
      }
      tabs={[
        { key: "overview", label: t("vms.tab.overview"), content: <VmOverview vm={vm} /> },
        { key: "timeline", label: t("vms.tab.timeline"), content: <VmTimeline id={vm.id} /> },
        { key: "console", label: t("vms.tab.console"), content: <VmConsole vm={vm} /> },
        { key: "spec", label: t("vms.tab.spec"), content: <VmSpec vm={vm} /> },
        { key: "access", label: t("vms.tab.access"), content: <VmAccess vm={vm} /> },
      ]}
    />
  );
}

function Above({ vm }: { vm: Vm }) {
  return (
    <>
      <Link to="/systems/$systemId" params={{ systemId: vm.system.id }} search={{}}>
        {vm.system.name}
      </Link>
      <span>/</span>
      <Link to="/services/$serviceId" params={{ serviceId: vm.service.id }} search={{}}>
        {vm.service.name}
      </Link>
      {vm.pool && (
        <>
          <span>/</span>
          <Link to="/pools/$poolId" params={{ poolId: vm.pool.id }} search={{}}>
            {vm.pool.name}
          </Link>
        </>
      )}
    </>
  );
}

/** What a person has to know before anything else: it goes for good soon, or a change waits for a restart. */
function Pending({ vm }: { vm: Vm }) {
  const { t } = useTranslation();
  if (vm.purge_at)
    return (
      <div className="note note-waiting" role="status">
        <Trash2 size={14} aria-hidden="true" />
        <div>
          <p className="strong">{t("vms.trash.title")}</p>
          <p className="soft">
            {t("vms.trash.text")} <RelativeTime at={vm.purge_at} />
          </p>
        </div>
      </div>
    );
  if (!vm.restart_required) return null;
  return (
    <div className="note note-waiting" role="status">
      <RotateCw size={14} aria-hidden="true" />
      <div>
        <p className="strong">{t("vms.restart.title")}</p>
        <p className="soft">{t("vms.restart.text")}</p>
      </div>
    </div>
  );
}

/** The cluster is silent: what is shown is the last that was heard, and how old it is. */
function Stale({ vm }: { vm: Vm }) {
  const { t, i18n } = useTranslation();
  const now = useNow();
  if (!vm.stale) return null;
  const age = vm.observed_at ? relativeTime(Date.parse(vm.observed_at), now, i18n.language) : null;
  return (
    <div className="note note-waiting" role="status">
      <CloudOff size={14} aria-hidden="true" />
      <div>
        <p className="strong">{t("vms.staleTitle")}</p>
        <p className="soft">
          {t("vms.staleText")} {age && vm.observed_at && <RelativeTime at={vm.observed_at} />}
        </p>
      </div>
    </div>
  );
}
