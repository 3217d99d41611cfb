import { describe, expect, it } from "vitest";
import { readViews, sameSearch, type View, viewSearch, withView } from "./views";

const view: View = { list: "vms", name: "Broken ones", search: { power: "failed" } };

describe("saved views", () => {
  it("keep the filters and not the event that is open", () => {
    const search = { q: "web", env: "prod", event: 7, system: undefined, deleted: true };
    expect(viewSearch(search)).toEqual({ deleted: true, env: "prod", q: "web" });
    expect(sameSearch({ q: "a", env: "b" }, { env: "b", q: "a" })).toBe(true);
  });

  it("come back as they were, and nothing else does", () => {
    expect(readViews(JSON.stringify([view]))).toEqual([view]);
    expect(readViews(JSON.stringify([null, { ...view, list: "elsewhere" }, { name: 1 }]))).toEqual([]);
    expect(readViews("{")).toEqual([]);
    expect(readViews(null)).toEqual([]);
  });

  it("are replaced by name within their list", () => {
    const newer = { ...view, search: { power: "crash_loop" } };
    const other: View = { ...view, list: "requests" };
    expect(withView([view, other], newer)).toEqual([other, newer]);
  });
});
