import { expect, it } from "vitest";
import { diff, oneLine } from "./diff";

it("names each field that changed, and no other", () => {
  expect(diff({ a: 1, b: { c: "x", d: true } }, { a: 1, b: { c: "y", d: true } })).toEqual([
    { path: "b.c", kind: "changed", before: "x", after: "y" },
  ]);
});

it("tells what came and what went", () => {
  expect(diff({ gone: 1, kept: 2 }, { kept: 2, come: [3] })).toEqual([
    { path: "gone", kind: "removed", before: 1 },
    { path: "come", kind: "added", after: [3] },
  ]);
});

it("shows all fields of what was made or deleted", () => {
  expect(diff(null, { name: "a", owner: { id: 1 } }).map(({ path, kind }) => [path, kind])).toEqual([
    ["name", "added"],
    ["owner.id", "added"],
  ]);
  expect(diff({ name: "a" }, null)).toEqual([{ path: "name", kind: "removed", before: "a" }]);
  expect(diff(null, null)).toEqual([]);
});

it("takes a list as one value", () => {
  expect(diff({ l: [1, 2] }, { l: [1] })).toHaveLength(1);
});

it("writes values on one line", () => {
  expect(oneLine({ a: [1] })).toBe('{"a":[1]}');
  expect(oneLine("word")).toBe("word");
});
