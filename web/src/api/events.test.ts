import { describe, expect, it, vi } from "vitest";
import { type Change, EventStream, type LinkState } from "./events";

/** A server side of one connection: bytes are pushed by the test. */
function connection() {
  let push: (text: string) => void = () => {};
  let end: () => void = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const encoder = new TextEncoder();
      push = (text) => controller.enqueue(encoder.encode(text));
      end = () => controller.close();
    },
  });
  return { response: new Response(body, { status: 200 }), push: (t: string) => push(t), end: () => end() };
}

function event(id: string, change: Change): string {
  return `id: ${id}\ndata: ${JSON.stringify(change)}\n\n`;
}

function setup(responses: (Response | Error)[]) {
  const calls: Record<string, string>[] = [];
  const changes: Change[] = [];
  const states: LinkState[] = [];
  const onGap = vi.fn();
  const fetcher = (async (_url: string, init: RequestInit) => {
    calls.push(init.headers as Record<string, string>);
    const next = responses.shift();
    if (!next) return new Promise(() => {});
    if (next instanceof Error) throw next;
    return next;
  }) as unknown as typeof fetch;
  const stream = new EventStream({
    fetcher,
    onChange: (change) => changes.push(change),
    onGap,
    onState: (state) => states.push(state),
    retryMs: () => 0,
  });
  return { stream, calls, changes, states, onGap };
}

const vm = (version: number): Change => ({ kind: "vm.changed", resource_id: "v1", version });

describe("the event stream", () => {
  it("delivers changes, also when they arrive in pieces", async () => {
    const line = connection();
    const { stream, changes } = setup([line.response]);
    stream.start();
    const text = event("7", vm(1));
    line.push(text.slice(0, 9));
    line.push(text.slice(9));
    await vi.waitFor(() => expect(changes).toEqual([vm(1)]));
    stream.stop();
  });

  it("drops versions it has seen, as a replay may repeat", async () => {
    const line = connection();
    const { stream, changes } = setup([line.response]);
    stream.start();
    line.push(event("1", vm(2)) + event("2", vm(2)) + event("3", vm(1)) + event("4", vm(3)));
    await vi.waitFor(() => expect(changes.map((c) => c.version)).toEqual([2, 3]));
    stream.stop();
  });

  it("drops no change that has no version of its own", async () => {
    const line = connection();
    const { stream, changes } = setup([line.response]);
    stream.start();
    line.push(event("1", vm(3)) + event("2", vm(0)) + event("3", vm(0)) + event("4", vm(4)));
    await vi.waitFor(() => expect(changes).toEqual([vm(3), vm(0), vm(0), vm(4)]));
    stream.stop();
  });

  it("comes back with the last horizon and needs no full read", async () => {
    const [first, second] = [connection(), connection()];
    const { stream, calls, states, onGap } = setup([first.response, second.response]);
    stream.start();
    first.push(event("h:41", vm(1)));
    first.end();
    await vi.waitFor(() => expect(states).toEqual(["connecting", "live", "offline", "live"]));
    expect(calls[1]?.["last-event-id"]).toBe("h:41");
    expect(onGap).not.toHaveBeenCalled();
    stream.stop();
  });

  it("asks for a full read after a break without a horizon", async () => {
    const [first, second] = [connection(), connection()];
    const { stream, onGap } = setup([first.response, second.response]);
    stream.start();
    first.end();
    await vi.waitFor(() => expect(onGap).toHaveBeenCalledOnce());
    stream.stop();
  });

  it("keeps trying while the server is away, and stops when it is refused", async () => {
    const { stream, calls, states } = setup([
      new Error("down"),
      new Response(null, { status: 503 }),
      new Response(null, { status: 401 }),
    ]);
    stream.start();
    await vi.waitFor(() => expect(states.at(-1)).toBe("refused"));
    expect(calls).toHaveLength(3);
  });
});
