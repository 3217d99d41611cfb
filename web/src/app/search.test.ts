import { describe, expect, it } from "vitest";
import { defined, flag, id, oneOf, safeNext, text, whole } from "./search";

describe("typed search values", () => {
  it("keeps what fits and drops the rest", () => {
    const raw = { q: "red", power: "flying", mine: "true", n: "12", vm: "not-an-id", number: 7 };
    expect(text(raw, "q")).toBe("red");
    expect(text(raw, "number")).toBe("7");
    expect(oneOf(raw, "power", ["running", "stopped"])).toBeUndefined();
    expect(flag(raw, "mine")).toBe(true);
    expect(whole(raw, "n")).toBe(12);
    expect(id(raw, "vm")).toBeUndefined();
    expect(defined({ a: 1, b: undefined })).toEqual({ a: 1 });
  });
});

describe("where to go after signing in", () => {
  it.each(["/vms?power=running", "/requests/1", "/"])("%s is ours", (path) =>
    expect(safeNext(path)).toBe(path),
  );
  it.each([
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "/\t/x",
    5,
    undefined,
  ])("%s is not", (path) => expect(safeNext(path)).toBe("/"));
});
