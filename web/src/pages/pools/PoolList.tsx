import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type PoolSummary, poolsQuery } from "~/api/queries/pools";
import { defined } from "~/app/search";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { LinkButton } from "~/parts/LinkButton";
import { ChoiceFilter, TextFilter } from "~/parts/list/filters";
import { type Column, ResourceList } from "~/parts/list/ResourceList";
import { Page } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { Empty } from "~/parts/states";
import { PoolBadge } from "./PoolBadge";

export function PoolList() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/pools" });
  const navigate = useNavigate({ from: "/pools" });
  const columns = useColumns();
  const set = useCallback(
    (changed: object) =>
      void navigate({ search: (old) => defined({ ...old, ...changed }) as never, replace: true }),
    [navigate],
  );
  const onText = useCallback((q: string | undefined) => set({ q }), [set]);
  return (
    <Page
      title={t("pools.title")}
      lead={t("pools.lead")}
      action={
        <LinkButton primary icon={<Plus size={14} />} to="/pools/new" search={{}}>
          {t("pools.new.title")}
        </LinkButton>
      }
    >
      <ResourceList<PoolSummary>
        name="pools"
        label={t("pools.title")}
        query={poolsQuery(defined({ q: search.q, attention: search.attention }))}
        columns={columns}
        filtered={Boolean(search.q ?? search.attention)}
        filters={
          <>
            <TextFilter label={t("list.filterByName")} value={search.q} onChange={onText} />
            <ChoiceFilter<"yes">
              label={t("pools.attention")}
              value={search.attention ? "yes" : undefined}
              options={[{ value: "yes", label: t("pools.needsAttention") }]}
              onChange={(value) => set({ attention: value ? true : undefined })}
            />
          </>
        }
        onOpen={(pool) => void navigate({ to: "/pools/$poolId", params: { poolId: pool.id }, search: {} })}
        empty={<Empty title={t("pools.empty.title")} text={t("pools.empty.text")} />}
      />
    </Page>
  );
}

function useColumns(): Column<PoolSummary>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        key: "name",
        title: t("common.name"),
        fixed: true,
        width: "20%",
        render: (pool) => (
          <Link to="/pools/$poolId" params={{ poolId: pool.id }} search={{}} className="mono" tabIndex={-1}>
            {pool.name}
          </Link>
        ),
      },
      {
        key: "service",
        title: t("common.service"),
        width: "20%",
        render: (pool) => <span className="mono">{`${pool.system.name}/${pool.service.name}`}</span>,
      },
      {
        key: "environment",
        title: t("common.environment"),
        width: "140px",
        render: (pool) => <EnvironmentLabel environment={pool.environment} />,
      },
      { key: "state", title: t("common.state"), width: "170px", render: (pool) => <PoolBadge pool={pool} /> },
      {
        key: "serving",
        title: t("pools.serving"),
        width: "120px",
        align: "right",
        render: (pool) => t("pools.of", { available: pool.available, desired: pool.desired }),
      },
      {
        key: "bounds",
        title: t("pools.bounds"),
        width: "120px",
        render: (pool) => t("pools.range", { min: pool.min, max: pool.max }),
      },
      {
        key: "created",
        title: t("common.created"),
        width: "130px",
        render: (pool) => <RelativeTime at={pool.created_at} />,
      },
    ],
    [t],
  );
}
