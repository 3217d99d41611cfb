/** The console tab: serial or screen. What talks to the guest loads only when it is opened. */
import { Segmented } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ConsoleKind, Vm } from "~/api/types";
import { Empty, SkeletonLines } from "~/parts/states";

const ConsoleSession = lazy(() => import("~/pages/console/ConsoleSession"));

export function VmConsole({ vm }: { vm: Vm }) {
  const { t } = useTranslation();
  const [kind, setKind] = useState<ConsoleKind>("serial");
  if (!vm.may.console) {
    const why = vm.power === "running" ? "notAllowed" : vm.power === "starting" ? "starting" : "notRunning";
    return <Empty title={t(`consoles.${why}.title`)} text={t(`consoles.${why}.text`)} />;
  }
  return (
    <div className="stack gap-3">
      <Segmented
        value={kind}
        onChange={setKind}
        options={[
          { value: "serial", label: t("consoles.kind.serial") },
          { value: "vnc", label: t("consoles.kind.vnc") },
        ]}
        className="console-kind"
      />
      <Suspense fallback={<SkeletonLines lines={6} what={t("vms.tab.console")} />}>
        <ConsoleSession key={kind} vm={vm} kind={kind} />
      </Suspense>
    </div>
  );
}
