/**
 * The approver's queue. It is filled once in the order of waiting and never re-ordered: what arrives is added at the
 * end, what is decided stays in its place and says so. So nothing moves under the hand that is about to decide.
 */
import type { RequestSummary } from "~/api/types";

export type Verdict = "approve" | "reject" | "request_changes";
export type Mark = "waiting" | Verdict | "gone";

export interface Queued {
  request: RequestSummary;
  mark: Mark;
  /** Its version after it was decided; a later one that waits again was changed since. */
  decidedAt?: number;
}

/** The queue after the server's list was read again. */
export function mergeQueue(old: Queued[], now: RequestSummary[]): Queued[] {
  const current = new Map(now.map((request) => [request.id, request]));
  const kept = old.map((queued): Queued => {
    const { request, mark, decidedAt } = queued;
    const latest = current.get(request.id);
    if (!latest) return { ...queued, mark: mark === "waiting" ? "gone" : mark };
    const again = mark === "gone" || (decidedAt !== undefined && latest.version > decidedAt);
    return again ? { request: latest, mark: "waiting" } : { ...queued, request: latest };
  });
  const known = new Set(old.map(({ request }) => request.id));
  const arrived = now
    .filter((request) => !known.has(request.id))
    .map((request): Queued => ({ request, mark: "waiting" }));
  // Without anything on screen yet the order is free: oldest first.
  if (old.length === 0) arrived.sort((a, b) => a.request.submitted_at.localeCompare(b.request.submitted_at));
  return [...kept, ...arrived];
}

export function marked(queue: Queued[], id: string, mark: Mark, decidedAt?: number): Queued[] {
  const at = decidedAt === undefined ? {} : { decidedAt };
  return queue.map((item) => (item.request.id === id ? { ...item, mark, ...at } : item));
}

/** The neighbour to move to; at the ends one stays. */
export function neighbour(queue: Queued[], id: string | undefined, step: 1 | -1): string | undefined {
  const at = queue.findIndex(({ request }) => request.id === id);
  if (at === -1) return queue[0]?.request.id;
  return (queue[at + step] ?? queue[at])?.request.id;
}

/** What to open after a decision: the next one still waiting below, else the first above. */
export function nextWaiting(queue: Queued[], id: string): string | undefined {
  const at = queue.findIndex(({ request }) => request.id === id);
  const order = [...queue.slice(at + 1), ...queue.slice(0, Math.max(0, at))];
  return order.find(({ mark }) => mark === "waiting")?.request.id;
}
