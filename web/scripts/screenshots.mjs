/**
 * Takes the pictures of the README from an instance with the sample organisation that runs already:
 *   SHEPHERD_URL=http://127.0.0.1:8787 node scripts/screenshots.mjs
 */
import { mkdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";

const port = new URL(process.env.SHEPHERD_URL ?? "http://127.0.0.1:8787").port;
const folder = fileURLToPath(new URL("../../docs/images/", import.meta.url));
const mostBytes = 300_000;
mkdirSync(folder, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});

async function pageOf(person, colorScheme) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    deviceScaleFactor: 1.5,
    locale: "en-GB",
    reducedMotion: "reduce",
    colorScheme,
  });
  const page = await context.newPage();
  await page.goto(`http://${person}.localhost:${port}/sign-in#as=${person}`);
  await page.waitForURL(`http://${person}.localhost:${port}/`);
  return page;
}

async function take(page, name) {
  const path = `${folder}${name}.png`;
  await page.screenshot({ path });
  const { size } = statSync(path);
  if (size > mostBytes) throw new Error(`${path} has ${size} bytes`);
}

const approver = await pageOf("approver", "light");
await approver.goto(`http://approver.localhost:${port}/approvals`);
const decision = approver.getByRole("article");
await decision.getByText("local", { exact: true }).first().waitFor();
await approver.locator(".skeleton").first().waitFor({ state: "detached" });
await take(approver, "approval");

const engineer = await pageOf("engineer", "dark");
await engineer.goto(`http://engineer.localhost:${port}/vms?q=test-shop-web-01`);
await engineer.getByRole("link", { name: "web-01" }).first().click();
await engineer.getByRole("tab", { name: "Console" }).click();
await engineer.locator(".console[data-phase=open]").waitFor();
const screen = engineer.locator(".xterm-accessibility-tree");
const type = async (line, answer) => {
  await engineer.locator(".xterm textarea").focus();
  await engineer.keyboard.type(line);
  await engineer.keyboard.press("Enter");
  await screen.filter({ hasText: answer }).waitFor();
};
await type("", "login:");
await type("demo", "Password:");
await type("demo", /[$#]/);
await type("clear", /^\s*demo@/);
await type("uname -sr", /Linux 6/);
await type("uptime", /load average/);
await type("wget -qO- http://127.0.0.1 | sed 's/<[^>]*>/ /g'", /real guest/);
await type("", /real guest/);
await take(engineer, "console");
// The next one finds a login again.
await type("clear; exit", "login:");
await browser.close();
