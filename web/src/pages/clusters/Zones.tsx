/** Where a cluster's nodes stand, and how much is left there. */
import type { UseQueryResult } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { components } from "~/api/schema";
import { Section } from "~/parts/Page";
import { SimpleTable } from "~/parts/SimpleTable";
import { bytes, vcpu } from "~/parts/units";

type Zone = components["schemas"]["ClusterZone"];

export function Zones({ zones, query }: { zones: Zone[]; query: UseQueryResult<unknown, Error> }) {
  const { t, i18n } = useTranslation();
  const left = (all: number, taken: number) => Math.max(0, all - taken);
  return (
    <Section title={t("clusters.capability.zones")}>
      <SimpleTable
        what={t("clusters.capability.zones")}
        query={query}
        rows={zones}
        rowKey={(zone) => zone.name}
        columns={[
          {
            title: t("clusters.capability.zone"),
            render: (zone) => <span className="mono">{zone.name}</span>,
          },
          { title: t("clusters.capability.nodes"), render: (zone) => zone.nodes },
          {
            title: t("clusters.capability.freeCpu"),
            render: (zone) => vcpu(t, left(zone.milli_vcpu, zone.taken_milli_vcpu), i18n.language),
          },
          {
            title: t("clusters.capability.freeMemory"),
            render: (zone) => bytes(t, left(zone.memory_bytes, zone.taken_memory_bytes), i18n.language),
          },
        ]}
      />
    </Section>
  );
}
