/** Clusters in the console: one is tried, registered only to be seen, looked at, and governed under a policy. */
import { fresh, homeOf } from "./support/api";
import { type Site, startSite } from "./support/site";
import { expect, test } from "./support/test";

let site: Site | undefined;
test.afterEach(async () => {
  await site?.stop();
  site = undefined;
});

test("a cluster is tried, observed, governed and given other credentials", async ({
  pageOf,
  apiOf,
  words,
  log,
}) => {
  site = await startSite();
  await site.makeVm("ledger", { owner: "ada" });
  const name = fresh("site-");
  const page = await pageOf("admin");
  const dialog = page.getByRole("dialog");
  const labelled = (key: string) => dialog.getByLabel(words(key), { exact: true });
  const checks = dialog.getByRole("list", { name: words("clusters.check.title") });
  const check = (key: string, state: string) =>
    checks
      .getByRole("listitem")
      .filter({ hasText: words(`clusters.check.name.${key}`) })
      .getByLabel(words(`clusters.check.state.${state}`));

  await test.step("what would not work is told before anything is registered", async () => {
    await page.goto(`${homeOf("admin")}/clusters`);
    await page.getByRole("button", { name: words("clusters.register.title") }).click();
    await labelled("common.name").fill(name);
    await labelled("common.environment").click();
    await page.locator(".ant-select-item-option").first().click();
    await labelled("clusters.register.kubeconfig").fill(
      site?.kubeconfig.replace(site.token, "not-the-token") ?? "",
    );
    await dialog.getByRole("button", { name: words("clusters.check.verb"), exact: true }).click();
    await expect(dialog.getByText(words("clusters.check.unusable"))).toBeVisible();
    await expect(check("certificate", "passed")).toBeVisible();
    await expect(check("credentials", "failed")).toBeVisible();
    await expect(check("kubevirt", "skipped")).toBeVisible();
  });

  await test.step("the rights to give are there to be applied, and with the right token all is well", async () => {
    await dialog.getByRole("button", { name: words("clusters.manifest.verb") }).click();
    await expect(dialog.getByRole("textbox", { name: words("clusters.manifest.verb") })).toHaveValue(
      /kind: ClusterRole/,
    );
    await labelled("clusters.register.kubeconfig").fill(site?.kubeconfig ?? "");
    await dialog.getByRole("button", { name: words("clusters.check.verb"), exact: true }).click();
    await expect(dialog.getByText(words("clusters.check.usable"))).toBeVisible();
    for (const key of ["reachable", "credentials", "kubevirt", "rights", "nodes", "storage", "images"])
      await expect(check(key, "passed"), key).toBeVisible();
  });

  await test.step("it is registered to be seen, and its page says how it is and what it can do", async () => {
    await dialog.getByRole("button", { name: words("clusters.register.verb"), exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
    await expect(page.getByText(words("states.health.healthy")).first()).toBeVisible();
    await expect(page.getByText(words("clusters.mode.observe"), { exact: true })).toBeVisible();
    await page.getByRole("tab", { name: words("clusters.tabs.capability") }).click();
    const zones = page.getByRole("table", { name: words("clusters.capability.zones") });
    await expect(zones.getByRole("cell", { name: "east", exact: true })).toBeVisible();
    await expect(zones.getByRole("cell", { name: "west", exact: true })).toBeVisible();
    const storage = page.getByRole("table", { name: words("clusters.capability.storage") });
    await expect(storage.getByRole("row").filter({ hasText: "raw" })).toContainText("Block/ReadWriteOnce");
  });

  await test.step("its VMs are seen with who may own them", async () => {
    const admin = await apiOf("admin");
    // The watch begins once the cluster is registered; how soon it has listed everything is its own affair.
    const seen = async () => (await admin.get<{ items: unknown[] }>("unmanaged_vms?q=ledger")).items.length;
    await expect.poll(seen, { timeout: 120_000, message: "the VM is listed" }).toBe(1);
    await page.goto(`${homeOf("admin")}/clusters/unmanaged?q=ledger`);
    const row = page.getByRole("row").filter({ hasText: name });
    await expect(row).toContainText("ledger");
    await expect(row).toContainText("ada");
    await row.click();
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  });

  await test.step("it is governed, and its policy says what VMs may ask of it", async () => {
    await page.getByRole("button", { name: words("common.more") }).click();
    await page.getByRole("menuitem", { name: words("clusters.govern.verb") }).click();
    await dialog.getByRole("button", { name: words("clusters.govern.verb") }).click();
    await expect(dialog).toHaveCount(0);
    await expect(page.getByText(words("clusters.mode.govern"), { exact: true })).toBeVisible();
    await page.getByRole("button", { name: words("clusters.policy.verb"), exact: true }).click();
    const gpus = dialog.getByRole("switch", { name: words("clusters.policy.gpus") });
    await gpus.click();
    await expect(gpus).not.toBeChecked();
    await labelled("clusters.policy.storage").fill("raw");
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: words("common.save") }).click();
    await expect(dialog).toHaveCount(0);
    const id = page.url().split("/").pop()?.split("?")[0];
    const admin = await apiOf("admin");
    const kept = await admin.get<{ policy: { gpus: boolean; storage_classes: string[] } }>(`clusters/${id}`);
    expect(kept.policy).toMatchObject({ gpus: false, storage_classes: ["raw"] });
    await expect(page.getByText("raw", { exact: true })).toBeVisible();
  });

  await test.step("other credentials are tried before they take the place of those in use", async () => {
    await page.getByRole("button", { name: words("common.more") }).click();
    await page.getByRole("menuitem", { name: words("clusters.rotate.verb") }).click();
    log.expect(/422 .*\/rotate/);
    const file = labelled("clusters.register.kubeconfig");
    await file.fill(site?.kubeconfig.replace(site.token, "not-the-token") ?? "");
    await dialog.getByRole("button", { name: words("clusters.rotate.verb") }).click();
    await expect(dialog.getByText(words("codes.CLUSTER_UNAUTHORIZED")).first()).toBeVisible();
    await file.fill(site?.kubeconfig ?? "");
    await dialog.getByRole("button", { name: words("clusters.rotate.verb") }).click();
    await expect(dialog).toHaveCount(0);
    await expect(page.getByText(words("states.health.healthy")).first()).toBeVisible();
  });

  await test.step("and it is removed again", async () => {
    await page.getByRole("button", { name: words("common.more") }).click();
    await page.getByRole("menuitem", { name: words("clusters.remove.verb") }).click();
    await dialog.getByRole("textbox").fill(name);
    await dialog.getByRole("button", { name: words("clusters.remove.verb") }).click();
    await expect(page.getByRole("heading", { level: 1, name: words("clusters.title") })).toBeVisible();
    await expect(page.getByRole("link", { name, exact: true })).toHaveCount(0);
  });
});
