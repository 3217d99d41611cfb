/** Before and after all tests: the instance, unless `SHEPHERD_URL` names one that runs already. */
import { join } from "node:path";
import type { FullConfig } from "@playwright/test";
import { writeReport } from "./accessibility";
import { startInstance } from "./instance";

export default async function setup(config: FullConfig): Promise<() => Promise<void>> {
  const results = config.projects[0]?.outputDir ?? "test-results";
  if (process.env.SHEPHERD_URL) return async () => writeReport(results);
  const instance = await startInstance();
  // The tests run in processes of their own, which inherit this.
  process.env.SHEPHERD_URL = instance.url;
  return async () => {
    writeReport(results);
    await instance.stop(join(results, "logs"));
  };
}
