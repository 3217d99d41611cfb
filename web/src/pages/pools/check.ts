/** The one check that the console asks for: nothing, a port, a page, or what the cluster says. More is the command line's. */
import type { PoolHealth } from "~/api/queries/pools";

export const checkKinds = ["none", "http", "tcp", "ready", "agent"] as const;
export type CheckKind = (typeof checkKinds)[number];

export interface CheckChoice {
  kind: CheckKind;
  port: number;
  path: string;
}

export const noCheck: CheckChoice = { kind: "none", port: 80, path: "/" };

/** As the server takes it. */
export function toHealth({ kind, port, path }: CheckChoice): Pick<PoolHealth, "all"> {
  if (kind === "none") return { all: [] };
  if (kind === "http") return { all: [{ any: [{ kind, port, path: path.trim() || "/" }] }] };
  if (kind === "tcp") return { all: [{ any: [{ kind, port }] }] };
  return { all: [{ any: [{ kind }] }] };
}

/** The choice that stands for what a pool has; `null` where it has more than can be chosen here. */
export function fromHealth(health: PoolHealth | undefined): CheckChoice | null {
  const all = health?.all ?? [];
  if (all.length === 0) return noCheck;
  const probe = all[0]?.any[0];
  if (!probe || all.length > 1 || all[0]?.any.length !== 1) return null;
  const kind = checkKinds.find((one) => one === probe.kind);
  const { headers, status, body_contains, method, through } = probe;
  const plain =
    Object.keys(headers ?? {}).length === 0 &&
    (status ?? []).length === 0 &&
    !body_contains &&
    (method ?? "GET") === "GET" &&
    (through ?? "cluster") === "cluster";
  return kind && plain ? { kind, port: probe.port ?? 80, path: probe.path ?? "/" } : null;
}
