/** What a size asks of a node beyond amounts, between the form and the contract. */
import type { components } from "~/api/schema";

export type Compute = components["schemas"]["SizeCompute"];

/** Nothing asked for is nothing sent; a switch that is off and an empty field mean "not asked for". */
export function tidyCompute(compute: Compute | null | undefined): Compute | null {
  if (!compute) return null;
  const gpus = compute.gpus ?? [];
  const tidy: Compute = {
    ...(compute.dedicated_cpu ? { dedicated_cpu: true } : {}),
    ...(compute.hugepages ? { hugepages: compute.hugepages } : {}),
    ...(compute.request_milli_cpu ? { request_milli_cpu: compute.request_milli_cpu } : {}),
    ...(compute.request_memory_bytes ? { request_memory_bytes: compute.request_memory_bytes } : {}),
    ...(gpus.length > 0 ? { gpus } : {}),
  };
  return Object.keys(tidy).length > 0 ? tidy : null;
}

/** The parts of it that are asked for, for a line of text. */
export function computeParts(compute: Compute): ("dedicated" | "hugepages" | "requests" | "gpus")[] {
  const found: ("dedicated" | "hugepages" | "requests" | "gpus")[] = [];
  if (compute.dedicated_cpu) found.push("dedicated");
  if (compute.hugepages) found.push("hugepages");
  if (compute.request_milli_cpu || compute.request_memory_bytes) found.push("requests");
  if ((compute.gpus ?? []).length > 0) found.push("gpus");
  return found;
}
