import { expect, it } from "vitest";
import { nextStates, offered } from "./versions";

const at = (version: number, state: "active" | "deprecated" | "withdrawn") => ({ version, state });

it("offers the newest active version, a deprecated one only when there is no other", () => {
  expect(offered([at(3, "deprecated"), at(2, "active"), at(1, "active")])?.version).toBe(2);
  expect(offered([at(3, "withdrawn"), at(2, "deprecated")])?.version).toBe(2);
  expect(offered([at(1, "withdrawn")])).toBeUndefined();
});

it("never offers the state that a version is in", () => {
  expect(nextStates("active")).toEqual(["deprecated", "withdrawn"]);
  expect(nextStates("withdrawn")).toEqual(["active", "deprecated"]);
});
