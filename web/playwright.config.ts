import { defineConfig } from "@playwright/test";

/**
 * Browser tests: real Chromium against the real binary. `make e2e` builds both and names them: `CHROMIUM` is the
 * browser, `SHEPHERD_BIN` the program. With `SHEPHERD_URL` they use an instance that runs already.
 */
export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  globalSetup: "./e2e/support/setup.ts",
  // A test that passes only when it is repeated is a failed test.
  retries: 0,
  forbidOnly: process.env.CI === "true",
  // One guest boots at a time: software emulation on a small machine is slow enough alone.
  workers: 1,
  timeout: 420_000,
  globalTimeout: 25 * 60_000,
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  use: {
    viewport: { width: 1440, height: 900 },
    actionTimeout: 20_000,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        // Chromium does not sandbox itself as root.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
