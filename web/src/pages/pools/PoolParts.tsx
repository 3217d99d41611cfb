/** The parts of a pool's page: who is in it, what it would do and why, what it did. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import {
  type Pool,
  type PoolAct,
  type PoolMember,
  poolActsQuery,
  poolMembersQuery,
} from "~/api/queries/pools";
import type { Reason } from "~/api/types";
import { Coded } from "~/parts/Coded";
import { RelativeTime } from "~/parts/RelativeTime";
import { SimpleTable } from "~/parts/SimpleTable";
import { ClassBadge } from "./PoolBadge";

export function Members({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery(poolMembersQuery(id));
  return (
    <SimpleTable<PoolMember>
      what={t("pools.members")}
      query={query}
      rows={query.data?.items ?? []}
      rowKey={(row) => row.vm.id}
      empty={<p className="soft">{t("pools.noMembers")}</p>}
      columns={[
        { title: t("pools.place"), render: (row) => row.ordinal },
        {
          title: t("common.name"),
          render: (row) => (
            <Link to="/vms/$vmId" params={{ vmId: row.vm.id }} search={{}} className="mono">
              {row.vm.name}
            </Link>
          ),
        },
        { title: t("common.state"), render: (row) => <ClassBadge is={row.class} /> },
        { title: t("pools.checks"), render: (row) => <Health health={row.health} /> },
        { title: t("pools.since"), render: (row) => <RelativeTime at={row.since} /> },
        {
          title: t("pools.specOf"),
          render: (row) => {
            if (row.leaving) return t("pools.leaving");
            return row.outdated ? t("pools.outdated", { revision: row.revision }) : row.revision;
          },
        },
        { title: t("pools.address"), render: (row) => <span className="mono">{row.address ?? ""}</span> },
      ]}
    />
  );
}

/** What its checks say, since when they fail, and their last answer. */
function Health({ health }: { health: PoolMember["health"] }) {
  const { t } = useTranslation();
  return (
    <>
      <span>{t(`pools.verdict.${health.verdict}`)}</span>
      {health.said && (
        <div className="soft">
          <Coded reason={health.said} />
        </div>
      )}
      {health.failing_since && (
        <div className="soft">
          {t("pools.failingSince")} <RelativeTime at={health.failing_since} />
        </div>
      )}
    </>
  );
}

export function Plan({ plan }: { plan: Pool["plan"] }) {
  const { t } = useTranslation();
  if (plan.acts.length === 0 && plan.held_back.length === 0)
    return <p className="soft">{t("pools.plan.nothing")}</p>;
  return (
    <>
      {plan.acts.length > 0 && (
        <ul>
          {plan.acts.map((planned) => (
            <li key={`${planned.act}${planned.ordinal ?? ""}${planned.vm_id ?? ""}`}>
              <span className="strong">
                {t(`pools.act.${planned.act}`, { ordinal: planned.ordinal ?? "" })}
              </span>{" "}
              <Coded reason={planned.reason} />
            </li>
          ))}
        </ul>
      )}
      {plan.held_back.length > 0 && <HeldBack reasons={plan.held_back} />}
    </>
  );
}

function HeldBack({ reasons }: { reasons: Reason[] }) {
  const { t } = useTranslation();
  return (
    <>
      <p className="soft">{t("pools.plan.heldBack")}</p>
      <ul>
        {reasons.map((reason) => (
          <li key={`${reason.code}${JSON.stringify(reason.params)}`}>
            <Coded reason={reason} />
          </li>
        ))}
      </ul>
    </>
  );
}

export function Acts({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery(poolActsQuery(id));
  const known = ["create", "restart", "relieve", "delete", "refused", "roll_back"] as const;
  const word = (act: string) => known.find((one) => one === act);
  return (
    <SimpleTable<PoolAct>
      what={t("pools.tab.history")}
      query={query}
      rows={query.data?.items ?? []}
      rowKey={(row) => String(row.id)}
      columns={[
        { title: t("common.time"), render: (row) => <RelativeTime at={row.at} /> },
        {
          title: t("pools.what"),
          render: (row) => {
            const act = word(row.act);
            return act ? t(`pools.act.${act}`, { ordinal: row.ordinal ?? "" }) : row.act;
          },
        },
        {
          title: t("common.vm"),
          render: (row) =>
            row.vm && (
              <Link to="/vms/$vmId" params={{ vmId: row.vm.id }} search={{}} className="mono">
                {row.vm.name}
              </Link>
            ),
        },
        { title: t("pools.why"), render: (row) => <Coded reason={row.reason} /> },
      ]}
    />
  );
}
