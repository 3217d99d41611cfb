import { expect, it } from "vitest";
import { byNoun } from "./permissions";

it("groups by noun, each permission once, reading first", () => {
  expect(byNoun(["audit:read", "vm:start", "vm:read", "vm:start"])).toEqual([
    { noun: "vm", permissions: ["vm:read", "vm:start"] },
    { noun: "audit", permissions: ["audit:read"] },
  ]);
});

it("keeps what this build has not heard of, at the end", () => {
  expect(byNoun(["hologram:read", "vm:read"]).map(({ noun }) => noun)).toEqual(["vm", "hologram"]);
});
