import { expect, it } from "vitest";
import { refusedRights, specialOf } from "./capability-words";

const right = (verb: string, mode: "observe" | "govern", allowed: boolean) => ({
  verb,
  group: "kubevirt.io",
  resource: "virtualmachines",
  mode,
  allowed,
  why: "",
});

it("tells refused rights, those that are needed now first", () => {
  const rights = [
    right("create", "govern", false),
    right("list", "observe", false),
    right("watch", "observe", true),
  ];
  expect(refusedRights(rights, "observe").map((one) => one.verb)).toEqual(["list", "create"]);
  expect(refusedRights(rights, "govern").map((one) => one.verb)).toEqual(["create", "list"]);
});

it("tells what a node has beside CPU and memory", () => {
  const node = { hugepages: { "1Gi": 4 }, devices: { "nvidia.com/A10": 2 }, dedicated_cpu: true };
  expect(specialOf(node, String, "cores")).toEqual(["2 × nvidia.com/A10", "1Gi: 4", "cores"]);
  expect(specialOf({ hugepages: {}, devices: {}, dedicated_cpu: false }, String, "cores")).toEqual([]);
});
