import { describe, expect, it } from "vitest";
import { staleKeys } from "./keys";

describe("what an event makes stale", () => {
  it("is the object, its parts and the lists it stands in", () => {
    expect(staleKeys("vm.changed", "v1")).toEqual(
      expect.arrayContaining([["vms", "one", "v1"], ["vms", "of", "v1"], ["vms", "list"], ["home"]]),
    );
  });

  it("is nothing for a kind this build does not know", () => {
    expect(staleKeys("hologram.changed", "x")).toEqual([]);
  });

  it("never touches another object of the same kind", () => {
    expect(staleKeys("request.changed", "r1")).not.toContainEqual(["requests"]);
  });
});
