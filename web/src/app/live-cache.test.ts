import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keys } from "~/api/keys";
import { freshRows } from "./fresh-rows";
import { LiveCache } from "./live-cache";

const listKey = keys.list("vms", {});
const rows = (...ids: string[]) => ids.map((id) => ({ id, power: "stopped", version: 1 }));
const changed = (id: string) => ({ kind: "vm.changed", resource_id: id, version: 2 });

describe("live changes in the cache", () => {
  let client: QueryClient;
  let live: LiveCache;

  beforeEach(() => {
    client = new QueryClient();
    live = new LiveCache(client);
    vi.stubGlobal("fetch", async (input: Request) => {
      const id = new URL(input.url).pathname.split("/").pop();
      if (id === "gone") return Response.json({ code: "NOT_FOUND" }, { status: 404 });
      return Response.json({ id, power: "running", version: 2 });
    });
  });
  afterEach(() => {
    live.stop();
    vi.unstubAllGlobals();
    client.clear();
  });

  function shown() {
    const data = client.getQueryData<{ pages: { items: { id: string; power: string }[] }[] }>(listKey);
    return data?.pages.flatMap((page) => page.items.map((item) => `${item.id} ${item.power}`));
  }

  it("asks anew for a first answer that was under way when the change came", async () => {
    let answers = 0;
    const before: { arrives: () => void } = { arrives: () => undefined };
    const queryFn = async () => {
      answers += 1;
      if (answers > 1) return "after";
      await new Promise<void>((arrive) => {
        before.arrives = arrive;
      });
      return "before";
    };
    const observer = new QueryObserver(client, { queryKey: [...keys.one("vms", "a"), "part"], queryFn });
    const stop = observer.subscribe(() => undefined);
    live.take(changed("a"));
    await live.flush();
    before.arrives();
    await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe("after"));
    stop();
  });

  it("replaces a row in place and leaves the others where they are", async () => {
    client.setQueryData(listKey, { pages: [{ items: rows("a", "b", "c") }], pageParams: [undefined] });
    live.take(changed("b"));
    await live.flush();
    expect(shown()).toEqual(["a stopped", "b running", "c stopped"]);
  });

  it("takes out a row that may no longer be seen", async () => {
    client.setQueryData(listKey, { pages: [{ items: rows("a", "gone") }], pageParams: [undefined] });
    live.take(changed("gone"));
    await live.flush();
    expect(shown()).toEqual(["a stopped"]);
  });

  it("does not move a long list for a new row, but offers it", async () => {
    client.setQueryData(listKey, {
      pages: [{ items: rows("a") }, { items: rows("b") }],
      pageParams: [undefined, "next"],
    });
    live.take(changed("new"));
    await live.flush();
    expect(shown()).toEqual(["a stopped", "b stopped"]);
    expect(freshRows.has(JSON.stringify(listKey))).toBe(true);
    expect(client.getQueryState(listKey)?.isInvalidated).toBe(false);
  });

  it("marks the object itself stale", async () => {
    client.setQueryData(keys.one("vms", "a"), { id: "a" });
    live.take(changed("a"));
    await live.flush();
    expect(client.getQueryState(keys.one("vms", "a"))?.isInvalidated).toBe(true);
  });
});
