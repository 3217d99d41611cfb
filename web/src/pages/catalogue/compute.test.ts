import { expect, it } from "vitest";
import { computeParts, tidyCompute } from "./compute";

it("sends nothing where nothing is asked for", () => {
  expect(tidyCompute({ dedicated_cpu: false, gpus: [], hugepages: null })).toBeNull();
  expect(tidyCompute(undefined)).toBeNull();
});

it("keeps exactly what is asked for", () => {
  const gpus = [{ device: "nvidia.com/A10", count: 2 }];
  expect(tidyCompute({ dedicated_cpu: true, request_milli_cpu: null, gpus })).toEqual({
    dedicated_cpu: true,
    gpus,
  });
  expect(computeParts({ dedicated_cpu: true, gpus })).toEqual(["dedicated", "gpus"]);
});
