import { describe, expect, it } from "vitest";
import type { RequestSummary } from "~/api/types";
import { marked, mergeQueue, neighbour, nextWaiting } from "./queue";

const request = (id: string, minute: number) =>
  ({ id, submitted_at: `2026-11-20T10:${String(minute).padStart(2, "0")}:00Z` }) as RequestSummary;
const [a, b, c, d] = [request("a", 1), request("b", 2), request("c", 3), request("d", 4)];
const names = (queue: ReturnType<typeof mergeQueue>) =>
  queue.map((item) => `${item.request.id}:${item.mark}`);

describe("the approver's queue", () => {
  it("starts with the oldest", () => {
    expect(names(mergeQueue([], [c, a, b]))).toEqual(["a:waiting", "b:waiting", "c:waiting"]);
  });

  it("never moves what is on screen, whatever arrives or leaves", () => {
    const queue = mergeQueue(mergeQueue([], [b, c]), [d, a, c]);
    expect(names(queue)).toEqual(["b:gone", "c:waiting", "d:waiting", "a:waiting"]);
  });

  it("keeps a decided one in its place", () => {
    const queue = mergeQueue(marked(mergeQueue([], [a, b]), "a", "approve"), [b]);
    expect(names(queue)).toEqual(["a:approve", "b:waiting"]);
  });

  it("lets one wait again that was changed after it was sent back", () => {
    const at = (request: RequestSummary, version: number) => ({ ...request, version });
    const sentBack = marked(mergeQueue([], [at(a, 1), at(b, 1)]), "a", "request_changes", 2);
    expect(names(mergeQueue(sentBack, [at(a, 1), at(b, 1)]))).toEqual(["a:request_changes", "b:waiting"]);
    expect(names(mergeQueue(sentBack, [at(b, 1)]))).toEqual(["a:request_changes", "b:waiting"]);
    expect(names(mergeQueue(sentBack, [at(a, 3), at(b, 1)]))).toEqual(["a:waiting", "b:waiting"]);
  });

  it("moves to neighbours and stops at the ends", () => {
    const queue = mergeQueue([], [a, b]);
    expect(neighbour(queue, "a", 1)).toBe("b");
    expect(neighbour(queue, "b", 1)).toBe("b");
    expect(neighbour(queue, "a", -1)).toBe("a");
    expect(neighbour(queue, undefined, 1)).toBe("a");
  });

  it("goes on with the next that still waits, then with what was left above", () => {
    let queue = mergeQueue([], [a, b, c]);
    queue = marked(queue, "b", "approve");
    expect(nextWaiting(queue, "b")).toBe("c");
    queue = marked(queue, "c", "reject");
    expect(nextWaiting(queue, "c")).toBe("a");
    expect(nextWaiting(marked(queue, "a", "gone"), "c")).toBeUndefined();
  });
});
