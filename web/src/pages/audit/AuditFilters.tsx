import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { AuditOutcome } from "~/api/types";
import type { auditSearch } from "~/app/searches";
import { outcomes } from "~/app/searches";
import { ChoiceFilter, SetFilter, TextFilter } from "~/parts/list/filters";
import { StateBadge } from "~/parts/StateBadge";
import { outcomeTone } from "./Audit";

type Search = ReturnType<typeof auditSearch>;
const periods = { hour: 3600_000, day: 24 * 3600_000, week: 7 * 24 * 3600_000 } as const;

export function AuditFilters({ search, onChange }: { search: Search; onChange: (change: Search) => void }) {
  const { t } = useTranslation();
  const set = useCallback((change: Record<string, unknown>) => onChange(change as Search), [onChange]);
  const onAction = useCallback((action: string | undefined) => set({ action }), [set]);
  const period = (Object.keys(periods) as (keyof typeof periods)[]).find(
    (key) =>
      search.since && Math.abs(Date.now() - periods[key] - Date.parse(search.since)) < periods[key] * 0.1,
  );
  return (
    <>
      <TextFilter label={t("audit.actionFilter")} value={search.action} onChange={onAction} />
      <ChoiceFilter<AuditOutcome>
        label={t("audit.anyOutcome")}
        value={search.outcome}
        options={outcomes.map((value) => ({
          value,
          label: <StateBadge tone={outcomeTone[value]} label={t(`states.outcome.${value}`)} />,
        }))}
        onChange={(outcome) => set({ outcome })}
      />
      <ChoiceFilter<keyof typeof periods>
        label={t("audit.period.any")}
        value={period}
        options={(["hour", "day", "week"] as const).map((value) => ({
          value,
          label: t(`audit.period.${value}`),
        }))}
        onChange={(value) => set({ since: value && new Date(Date.now() - periods[value]).toISOString() })}
      />
      {(["actor", "vm", "system", "request"] as const).map(
        (name) =>
          search[name] && (
            <SetFilter
              key={name}
              label={t(`audit.${name}`)}
              value={`…${search[name]?.slice(-8)}`}
              onClear={() => set({ [name]: undefined })}
            />
          ),
      )}
    </>
  );
}
