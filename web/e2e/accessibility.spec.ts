/** Every page and state of the console, in both themes, against WCAG 2.2 AA. The report is in `test-results/`. */
import type { Page } from "@playwright/test";
import { judge } from "./support/accessibility";
import { homeOf, type Person } from "./support/api";
import { expect, test } from "./support/test";

// The report tells what is wrong and where; recording each page as well would double the time.
test.use({ trace: "off" });

/** What is judged stands still: halfway through opening, a menu is smaller than it will be. */
const still = { reducedMotion: "reduce" } as const;

/** Goes to a path of the person's and waits until nothing on it is loading. */
async function open(page: Page, person: Person, path: string): Promise<void> {
  await page.goto(homeOf(person) + path);
  await settled(page);
}

async function settled(page: Page): Promise<void> {
  await expect(page.locator("main")).toBeVisible();
  // A list with more rows than are loaded keeps grey ones at its end.
  const loading = ".skeleton, .ant-spin, .rows tbody:not(:has([data-index])) .bone";
  await expect(page.locator(loading)).toHaveCount(0);
}

test("signing in", async ({ browserOf, words }, info) => {
  const page = await (await browserOf(still)).newPage();
  await page.goto(homeOf("engineer"));
  await expect(page.getByRole("button", { name: words("session.signInAs") }).first()).toBeVisible();
  await judge(page, "sign-in", info);
  await page.getByRole("button", { name: words("session.signIn"), exact: true }).click();
  await expect(page.locator(".ant-form-item-explain-error").first()).toBeVisible();
  await judge(page, "sign-in, incomplete", info);
});

test("home and VMs, as an engineer sees them", async ({ pageOf, apiOf, words }, info) => {
  const vm = await (await apiOf("engineer")).vm("test-shop-web-01");
  const page = await pageOf("engineer", still);
  await settled(page);
  await judge(page, "home", info);

  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("web");
  await expect(page.getByRole("option").first()).toBeVisible();
  await judge(page, "command palette", info);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: words("frame.language") }).click();
  await expect(page.getByRole("menu")).toBeVisible();
  await judge(page, "menu of the top bar", info);

  await open(page, "engineer", "/vms");
  await judge(page, "VM list", info);
  await page.getByRole("checkbox").nth(1).check();
  await judge(page, "VM list, rows chosen", info);
  await open(page, "engineer", "/vms?q=nothing-like-this");
  await judge(page, "VM list, nothing found", info);

  await open(page, "engineer", "/vms?trashed=true");
  await judge(page, "trash", info);

  for (const tab of ["overview", "timeline", "spec", "access"]) {
    await open(page, "engineer", `/vms/${vm.id}?tab=${tab}`);
    await judge(page, `VM, ${tab}`, info);
  }
  await open(page, "engineer", `/vms/${vm.id}`);
  await page.getByRole("button", { name: words("vms.act.more") }).click();
  await expect(page.getByRole("menu")).toBeInViewport({ ratio: 1 });
  await judge(page, "VM, actions", info);
  await page.getByRole("menuitem", { name: words("vms.act.delete") }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await judge(page, "VM, confirm deletion", info);
  await open(page, "engineer", `/vms/${vm.id}?tab=console`);
  await expect(page.locator(".console[data-phase=open]")).toBeVisible();
  await judge(page, "VM, serial console", info);
  await page.getByText(words("consoles.kind.vnc"), { exact: true }).click();
  await expect(page.locator(".console[data-phase=open]")).toBeVisible();
  await judge(page, "VM, screen", info);
});

test("requests, as an engineer sees them", async ({ pageOf, apiOf, words }, info) => {
  const api = await apiOf("engineer");
  const vm = await api.vm("test-shop-web-01");
  const page = await pageOf("engineer", still);
  await open(page, "engineer", "/requests");
  await judge(page, "request list", info);
  await open(page, "engineer", "/requests/new");
  await judge(page, "request form, at first", info);
  await open(page, "engineer", `/requests/new?like=${vm.id}`);
  await expect(page.getByText(words("requests.preflight.outcome.require"))).toBeVisible();
  await judge(page, "request form, with preflight", info);
  await page.getByLabel("What its web page says").fill("不");
  await expect(page.locator(".ant-form-item-explain-error").first()).toBeVisible();
  await judge(page, "request form, with an error", info);
  await page.getByRole("combobox", { name: words("requests.new.service") }).click();
  await expect(page.locator(".ant-select-item-option").first()).toBeVisible();
  await judge(page, "request form, choosing", info);
  const mine = await api.get<{ items: { id: string; state: string }[] }>("requests?limit=100");
  for (const state of ["pending", "succeeded", "rejected", "cancelled"]) {
    const request = mine.items.find((one) => one.state === state);
    expect(request, `the sample organisation has a request that is ${state}`).toBeDefined();
    await open(page, "engineer", `/requests/${request?.id}`);
    await judge(page, `request, ${state}`, info);
  }
});

test("systems and the account, as an engineer sees them", async ({ pageOf, apiOf }, info) => {
  const vm = await (await apiOf("engineer")).vm("test-shop-web-01");
  const page = await pageOf("engineer", still);
  await open(page, "engineer", "/systems");
  await judge(page, "system list", info);
  await open(page, "engineer", "/systems?new=true");
  await expect(page.getByRole("dialog")).toBeVisible();
  await judge(page, "new system", info);
  await open(page, "engineer", "/systems?join=true");
  await expect(page.getByRole("dialog")).toBeVisible();
  await judge(page, "asking to join a system", info);
  for (const tab of ["services", "vms", "requests", "members"]) {
    await open(page, "engineer", `/systems/${vm.system.id}?tab=${tab}`);
    await judge(page, `system, ${tab}`, info);
  }
  for (const tab of ["vms", "requests"]) {
    await open(page, "engineer", `/services/${vm.service.id}?tab=${tab}`);
    await judge(page, `service, ${tab}`, info);
  }
  for (const tab of ["profile", "keys", "tokens", "may", "password", "sessions"]) {
    await open(page, "engineer", `/me?tab=${tab}`);
    await judge(page, `my account, ${tab}`, info);
  }
  await open(page, "engineer", "/no/such/page");
  await judge(page, "not found", info);
});

test("what an approver sees", async ({ pageOf, words }, info) => {
  const page = await pageOf("approver", still);
  await settled(page);
  await judge(page, "home of an approver", info);
  await page.getByRole("button", { name: words("frame.inbox") }).click();
  await expect(page.getByRole("region", { name: words("inbox.title") })).toBeVisible();
  await settled(page);
  await judge(page, "inbox in the frame", info);
  await open(page, "approver", "/inbox?show=all");
  await settled(page);
  await judge(page, "inbox", info);
  await page.setViewportSize({ width: 390, height: 844 });
  await judge(page, "inbox, on a phone", info);
  await page.setViewportSize({ width: 1440, height: 900 });
  await open(page, "approver", "/approvals");
  const panel = page.getByRole("article");
  await expect(panel.getByRole("button", { name: words("approvals.approve") })).toBeEnabled();
  await settled(page);
  await judge(page, "decision", info);
  for (const key of ["a", "r"]) {
    await page.keyboard.press(key);
    await expect(page.getByRole("dialog")).toBeVisible();
    await judge(page, key === "a" ? "decision, approve" : "decision, reject", info);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
  }
  // A screen as wide as a phone: approvals can be read there.
  await page.setViewportSize({ width: 390, height: 844 });
  await judge(page, "decision, on a phone", info);
});

test("what an administrator and an auditor see", async ({ pageOf, apiOf, words }, info) => {
  const clusters = await (await apiOf("admin")).get<{ items: { id: string }[] }>("clusters?limit=10");
  const admin = await pageOf("admin", still);
  await open(admin, "admin", "/clusters");
  await judge(admin, "cluster list", info);
  await open(admin, "admin", `/clusters/${clusters.items[0]?.id}`);
  await judge(admin, "cluster", info);
  for (const tab of ["templates", "sizes", "namespaces", "environments", "fields"]) {
    await open(admin, "admin", `/catalogue?tab=${tab}`);
    await judge(admin, `catalogue, ${tab}`, info);
  }
  const auditor = await pageOf("auditor", still);
  await open(auditor, "auditor", "/audit");
  await judge(auditor, "audit", info);
  await auditor.getByRole("row").nth(1).click();
  await expect(auditor.getByRole("dialog")).toBeVisible();
  await expect(auditor.getByText(words("audit.leaf"))).toBeVisible();
  await judge(auditor, "audit, one event", info);
});

test("rules, groups and roles, as an administrator sees them", async ({ pageOf, apiOf, words }, info) => {
  const api = await apiOf("admin");
  const rules = await api.get<{ items: { id: string; stages: unknown[] }[] }>("policies");
  const rule = rules.items.find(({ stages }) => stages.length > 0)?.id;
  const waiting = await (await apiOf("engineer")).get<{ items: { id: string; state: string }[] }>(
    "requests?limit=100",
  );
  const request = waiting.items.find(({ state }) => state === "pending")?.id;
  const admin = await pageOf("admin", still);
  await open(admin, "admin", "/policies");
  await judge(admin, "rules", info);
  await open(admin, "admin", `/policies/${rule}`);
  await judge(admin, "rule", info);
  await open(admin, "admin", `/policies/${rule}/edit`);
  await expect(admin.getByRole("spinbutton").first()).toBeVisible();
  await judge(admin, "rule, changing it", info);
  await open(admin, "admin", "/policies/new");
  await admin.getByRole("button", { name: words("policies.new.verb") }).click();
  await expect(admin.locator(".ant-form-item-explain-error").first()).toBeVisible();
  await judge(admin, "new rule, incomplete", info);
  for (const path of [
    "/people",
    "/people/groups",
    "/people/accounts",
    "/people/roles",
    "/people/access",
    "/people/transfers",
    "/people/limits",
  ]) {
    await open(admin, "admin", path);
    await judge(admin, `${path.slice(1)}`, info);
  }
  await open(admin, "admin", "/catalogue?tab=fields&new=true");
  await expect(admin.getByRole("dialog")).toBeVisible();
  await judge(admin, "new request field", info);
  await open(admin, "admin", "/catalogue/templates/new");
  await admin.getByRole("button", { name: words("catalogue.advanced.add") }).click();
  await judge(admin, "new template, with a field of KubeVirt", info);
  const engineer = await pageOf("engineer", still);
  await open(engineer, "engineer", `/policies/explain?request=${request}`);
  await expect(engineer.getByText(words("policies.explain.same"))).toBeVisible();
  await judge(engineer, "a request explained", info);
});
