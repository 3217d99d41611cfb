import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { AuditOutcome } from "~/api/types";
import type { auditSearch } from "~/app/searches";
import { outcomes } from "~/app/searches";
import { useMay } from "~/app/session";
import { ChoiceFilter, SetFilter, TextFilter } from "~/parts/list/filters";
import { PersonSelect } from "~/parts/PersonSelect";
import { StateBadge } from "~/parts/StateBadge";
import { ActionFilter } from "./ActionFilter";
import { outcomeTone } from "./outcome";
import { PeriodFilter } from "./PeriodFilter";

type Search = ReturnType<typeof auditSearch>;

export function AuditFilters({ search, onChange }: { search: Search; onChange: (change: Search) => void }) {
  const { t } = useTranslation();
  const set = useCallback((change: Record<string, unknown>) => onChange(change as Search), [onChange]);
  const mayReadPeople = useMay("user:read");
  const onText = useCallback((q: string | undefined) => set({ q }), [set]);
  const onAction = useCallback((action: string | undefined) => set({ action }), [set]);
  return (
    <>
      <TextFilter label={t("audit.searchFilter")} value={search.q} onChange={onText} />
      <ActionFilter label={t("audit.actionFilter")} value={search.action} onChange={onAction} />
      <ChoiceFilter<AuditOutcome>
        label={t("audit.anyOutcome")}
        value={search.outcome}
        options={outcomes.map((value) => ({
          value,
          label: <StateBadge tone={outcomeTone[value]} label={t(`states.outcome.${value}`)} />,
        }))}
        onChange={(outcome) => set({ outcome })}
      />
      {mayReadPeople ? (
        <div className="actor-filter">
          <PersonSelect
            label={t("audit.anyone")}
            {...(search.actor ? { value: search.actor } : {})}
            onChange={(actor) => set({ actor })}
            fits={() => true}
          />
        </div>
      ) : (
        search.actor && (
          <SetFilter
            label={t("audit.actor")}
            value={`…${search.actor.slice(-8)}`}
            onClear={() => set({ actor: undefined })}
          />
        )
      )}
      <PeriodFilter
        range={{ since: search.since, until: search.until }}
        onChange={(range) => set({ ...range })}
      />
      {search.kind && (
        <SetFilter
          label={t("audit.resource")}
          value={search.resource ? `${search.kind} …${search.resource.slice(-8)}` : search.kind}
          onClear={() => set({ kind: undefined, resource: undefined })}
        />
      )}
      {(["vm", "system", "request"] as const).map(
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
