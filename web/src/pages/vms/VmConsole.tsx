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
    return vm.power === "running" ? (
      <Empty title={t("consoles.notAllowed.title")} text={t("consoles.notAllowed.text")} />
    ) : (
      <Empty title={t("consoles.notRunning.title")} text={t("consoles.notRunning.text")} />
    );
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
