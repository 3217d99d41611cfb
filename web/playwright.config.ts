import { defineConfig } from "@playwright/test";

/**
 * Browser tests: real Chromium against the real binary. The script `scripts/e2e.sh` builds both and names them:
 * `CHROMIUM` is the browser; `SHEPHERD_URL`, if set, is an instance that runs already.
 */
export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  // A test that passes only when it is repeated is a failed test.
  retries: 0,
  // One guest boots at a time: software emulation on a small machine is slow enough alone.
  workers: 1,
  timeout: 240_000,
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  use: {
    baseURL: process.env.SHEPHERD_URL ?? "http://127.0.0.1:8787",
    viewport: { width: 1440, height: 900 },
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox"],
    },
  },
});
