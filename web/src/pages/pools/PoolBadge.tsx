/** How a pool and its members are, as shape, colour and word. */
import { useTranslation } from "react-i18next";
import type { PoolClass, PoolSummary } from "~/api/queries/pools";
import { StateBadge, type Tone } from "~/parts/StateBadge";

type Standing = "whole" | "short" | "attention" | "paused" | "deleting" | "deleted";

const standings: Record<Standing, Tone> = {
  whole: "running",
  short: "changing",
  attention: "failed",
  paused: "stopped",
  deleting: "changing",
  deleted: "stopped",
};

function standing(pool: PoolSummary): Standing {
  if (pool.state === "deleting" || pool.state === "deleted") return pool.state;
  if (pool.attention.length > 0) return "attention";
  if (pool.paused) return "paused";
  return pool.available >= pool.desired ? "whole" : "short";
}

export function PoolBadge({ pool }: { pool: PoolSummary }) {
  const { t } = useTranslation();
  const is = standing(pool);
  return <StateBadge tone={standings[is]} label={t(`pools.standing.${is}`)} />;
}

const classes: Record<PoolClass, Tone> = {
  available: "running",
  starting: "changing",
  starting_too_long: "failed",
  unhealthy: "failed",
  failed: "failed",
  stopped: "stopped",
  held: "stopped",
  paused: "stopped",
  unknown: "unknown",
  unknown_too_long: "unknown",
  deleting: "changing",
  deleting_too_long: "failed",
  gone: "failed",
};

export function ClassBadge({ is }: { is: PoolClass }) {
  const { t } = useTranslation();
  return <StateBadge tone={classes[is] ?? "unknown"} label={t(`pools.class.${is}`)} />;
}
