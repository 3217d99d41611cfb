import { expect, it } from "vitest";
import { smallerSizes } from "./smaller";

const size = (name: string, milli_vcpu: number, memory_bytes: number, state = "active") => ({
  name,
  versions: [{ id: name, state, milli_vcpu, memory_bytes }],
});
const sizes = [size("s", 250, 256), size("m", 500, 512), size("wide", 2000, 256), size("l", 2000, 2048)];

it("offers only what is less, the largest of it first", () => {
  const names = smallerSizes(sizes, { milli_vcpu: 500, memory_bytes: 1024 }).map(({ name }) => name);
  expect(names).toEqual(["m", "s"]);
});

it("offers neither the same nor what is larger in one amount", () => {
  expect(smallerSizes(sizes, { milli_vcpu: 250, memory_bytes: 256 })).toEqual([]);
});

it("offers nothing that is not for new VMs, and nothing where amounts are unknown", () => {
  expect(smallerSizes([size("old", 1, 1, "deprecated")], { milli_vcpu: 2, memory_bytes: 2 })).toEqual([]);
  expect(smallerSizes(sizes, { milli_vcpu: undefined, memory_bytes: undefined })).toEqual([]);
});
