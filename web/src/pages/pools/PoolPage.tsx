import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { CircleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type Pool, poolQuery } from "~/api/queries/pools";
import { Coded } from "~/parts/Coded";
import { IdChip } from "~/parts/Copyable";
import { EnvironmentLabel } from "~/parts/EnvironmentLabel";
import { JsonBlock } from "~/parts/JsonBlock";
import { ObjectPage } from "~/parts/ObjectPage";
import { Details, Section } from "~/parts/Page";
import { RelativeTime } from "~/parts/RelativeTime";
import { PageFailure, SkeletonLines } from "~/parts/states";
import { PoolActions } from "./PoolActions";
import { PoolBadge } from "./PoolBadge";
import { Acts, Members, Plan } from "./PoolParts";
import { Rollout } from "./Rollout";

export function PoolPage() {
  const { t } = useTranslation();
  const { poolId } = useParams({ from: "/shell/pools/$poolId" });
  const pool = useQuery(poolQuery(poolId));
  return pool.isSuccess ? (
    <Loaded pool={pool.data} />
  ) : (
    <div className="page-pad">
      {pool.isPending ? (
        <SkeletonLines lines={8} what={t("pools.one")} />
      ) : (
        <PageFailure error={pool.error} retry={() => void pool.refetch()} />
      )}
    </div>
  );
}

function Loaded({ pool }: { pool: Pool }) {
  const { t } = useTranslation();
  const { tab } = useSearch({ from: "/shell/pools/$poolId" });
  const navigate = useNavigate();
  const { pool: about, plan } = pool;
  return (
    <ObjectPage
      above={
        <Link to="/services/$serviceId" params={{ serviceId: about.service.id }} search={{}}>
          {about.system.name}/{about.service.name}
        </Link>
      }
      title={about.name}
      shown={<span className="mono object-name">{about.name}</span>}
      state={<PoolBadge pool={about} />}
      labels={<EnvironmentLabel environment={about.environment} />}
      facts={[
        {
          label: t("pools.serving"),
          value: t("pools.of", { available: about.available, desired: about.desired }),
        },
        { label: t("pools.bounds"), value: t("pools.range", { min: about.min, max: about.max }) },
        { label: t("pools.revision"), value: pool.revision },
      ]}
      action={<PoolActions pool={pool} />}
      notes={
        plan.attention.length > 0 && (
          <div className="note note-failed">
            <CircleAlert size={14} aria-hidden="true" />
            <div>
              {plan.attention.map((reason) => (
                <p key={`${reason.code}${JSON.stringify(reason.params)}`}>
                  <Coded reason={reason} />
                </p>
              ))}
            </div>
          </div>
        )
      }
      tab={tab}
      onTab={(key) =>
        void navigate({ to: "/pools/$poolId", params: { poolId: about.id }, search: { tab: key } })
      }
      tabs={[
        { key: "overview", label: t("pools.tab.overview"), content: <Overview pool={pool} /> },
        { key: "history", label: t("pools.tab.history"), content: <Acts id={about.id} /> },
        {
          key: "spec",
          label: t("pools.tab.spec"),
          content: <JsonBlock value={pool.spec} label={t("pools.tab.spec")} />,
        },
      ]}
    />
  );
}

function Overview({ pool }: { pool: Pool }) {
  const { t } = useTranslation();
  const { template, size } = pool;
  return (
    <>
      <Section title={t("pools.members")}>
        <Members id={pool.pool.id} />
      </Section>
      {pool.rollout && (
        <Section title={t("pools.rollout.title")}>
          <Rollout pool={pool} last={pool.rollout} />
        </Section>
      )}
      <Section title={t("pools.plan.title")}>
        <Plan plan={pool.plan} />
      </Section>
      <Section title={t("vms.about")}>
        <Details
          facts={[
            { label: t("common.namespace"), value: <span className="mono">{pool.namespace.name}</span> },
            { label: t("common.template"), value: template ? `${template.name} · ${template.version}` : "" },
            { label: t("common.size"), value: size ? `${size.name} · ${size.version}` : "" },
            {
              label: t("pools.agreed"),
              value: (
                <Link to="/requests/$requestId" params={{ requestId: pool.agreed_by }} search={{}}>
                  {t("pools.request")}
                </Link>
              ),
            },
            { label: t("common.created"), value: <RelativeTime at={pool.pool.created_at} /> },
            { label: t("common.id"), value: <IdChip id={pool.pool.id} /> },
          ]}
        />
      </Section>
    </>
  );
}
