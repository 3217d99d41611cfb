import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { UnmanagedVm } from "~/api/queries/unmanaged";
import { Copyable } from "~/parts/Copyable";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import type { Column } from "~/parts/list/ResourceList";
import { RelativeTime } from "~/parts/RelativeTime";
import { StateBadge } from "~/parts/StateBadge";
import { tones } from "~/parts/tones";
import { bytes, vcpu } from "~/parts/units";
import { ownerWords } from "./owner-words";

export function useUnmanagedColumns(): Column<UnmanagedVm>[] {
  const { t, i18n } = useTranslation();
  return useMemo(() => {
    const language = i18n.language;
    const dash = <span className="dim">{t("common.dash")}</span>;
    return [
      {
        key: "name",
        title: t("common.name"),
        fixed: true,
        width: "17%",
        render: (vm) => <Copyable value={vm.name} />,
      },
      {
        key: "state",
        title: t("common.state"),
        fixed: true,
        width: "130px",
        render: (vm) => <StateBadge tone={tones.power(vm.power)} label={t(`states.power.${vm.power}`)} />,
      },
      {
        key: "namespace",
        title: t("common.namespace"),
        width: "130px",
        render: (vm) => <span className="mono">{vm.namespace}</span>,
      },
      {
        key: "cluster",
        title: t("common.cluster"),
        width: "110px",
        render: (vm) => <span className="mono soft">{vm.cluster.name}</span>,
      },
      {
        key: "environment",
        title: t("common.environment"),
        hidden: true,
        width: "110px",
        render: (vm) => <EnvironmentLabel environment={vm.environment} />,
      },
      {
        key: "size",
        title: t("common.size"),
        width: "140px",
        render: (vm) =>
          vm.milli_vcpu === null || vm.memory_bytes === null ? (
            dash
          ) : (
            <span className="soft">
              {vcpu(t, vm.milli_vcpu, language)} · {bytes(t, vm.memory_bytes, language)}
            </span>
          ),
      },
      {
        key: "disks",
        title: t("clusters.unmanaged.disks"),
        width: "90px",
        render: (vm) => (
          <span className="soft">
            {vm.disk_bytes === null
              ? vm.disk_count
              : t("clusters.unmanaged.disksKnown", {
                  count: vm.disk_count,
                  size: bytes(t, vm.disk_bytes, language),
                })}
          </span>
        ),
      },
      {
        key: "owner",
        title: t("clusters.unmanaged.owner"),
        render: (vm) => {
          const words = ownerWords(vm, (name) => t("clusters.unmanaged.writtenBy", { name }));
          return words.length === 0 ? (
            <span className="dim">{t("clusters.unmanaged.noHint")}</span>
          ) : (
            <span title={words.join("\n")}>{words.slice(0, 2).join(", ")}</span>
          );
        },
      },
      {
        key: "born",
        title: t("clusters.unmanaged.born"),
        width: "110px",
        render: (vm) => (vm.born_at ? <RelativeTime at={vm.born_at} /> : dash),
      },
    ];
  }, [t, i18n.language]);
}
