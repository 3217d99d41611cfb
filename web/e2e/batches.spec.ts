/**
 * Many at once: a table with a wrong row, which is told before anything is sent; one decision for all of it; each VM for
 * itself, so that what one of them cannot do does not keep the others from it.
 */
import type { Page } from "@playwright/test";
import { fresh, homeOf } from "./support/api";
import { expect, test } from "./support/test";

const stateOf = (page: Page) => page.locator(".page-head .state-badge");
/** A guest has to boot, or to stop. */
const guests = { timeout: 120_000 };

test("a table is mended, sent, decided once, and each VM goes its own way", async ({
  apiOf,
  pageOf,
  words,
}) => {
  const [engineer, approver, api] = await Promise.all([
    pageOf("engineer"),
    pageOf("approver"),
    apiOf("engineer"),
  ]);
  const rows = () => engineer.getByRole("table", { name: words("batches.rows") }).locator("tbody tr");
  const mark = fresh("many");

  await test.step("the row that is wrong is told while the table is typed", async () => {
    await engineer.goto(`${homeOf("engineer")}/requests/new`);
    await engineer.getByRole("combobox", { name: words("requests.new.service") }).click();
    await engineer.locator(".ant-select-item-option").filter({ hasText: "shop / web" }).click();
    await engineer.getByLabel("What its web page says").fill(mark);
    await engineer.getByLabel(words("requests.new.reason")).fill(`For the sale, ${mark}`);
    await engineer.getByRole("button", { name: words("batches.many.open") }).click();
    const dialog = engineer.getByRole("dialog", { name: words("batches.many.title") });
    await dialog.getByText(words("batches.many.table"), { exact: true }).click();
    const table = dialog.getByLabel(words("batches.many.csv"));
    const send = dialog.getByRole("button", { name: words("batches.many.send") });
    await table.fill(`name,size,var.greeting\nfront,,${mark} front\nback,enormous,${mark} back\n`);
    const faults = dialog.getByRole("table", { name: words("batches.many.faults") }).locator("tbody tr");
    await expect(faults).toHaveCount(1);
    await expect(faults).toContainText("size");
    await expect(faults.locator("td").first()).toHaveText("2");
    await expect(send).toBeDisabled();

    await table.fill(`name,size,var.greeting\nfront,,${mark} front\nback,small,${mark} back\n`);
    await expect(dialog.getByText(words("batches.many.inOrder", { count: 2 }))).toBeVisible();
    await expect(faults).toHaveCount(0);
    await expect(send).toBeEnabled();
    await send.click();
    await expect(stateOf(engineer)).toHaveText(words("states.request.pending"));
    await expect(rows()).toHaveCount(2);
  });

  const id = new URL(engineer.url()).pathname.split("/").at(-1) ?? "";
  const batch = await api.get<{ request: { number: number } }>(`batches/${id}`);
  const number = `R-${batch.request.number}`;

  await test.step("one decision for all of it", async () => {
    await approver.goto(`${homeOf("approver")}/approvals`);
    const queue = approver.getByRole("navigation", { name: words("approvals.title") });
    await queue.getByText(`${number} `).click();
    const panel = approver.getByRole("article", { name: number });
    await panel.getByRole("button", { name: words("approvals.approve") }).click();
    const dialog = approver.getByRole("dialog");
    await dialog.getByRole("button", { name: words("approvals.approve") }).click();
    await expect(panel.locator(".decision-acts").getByRole("status")).toHaveText(
      words("approvals.done.approve"),
    );
    await expect(stateOf(engineer)).toHaveText(words("states.request.succeeded"), guests);
    await expect(rows().getByRole("link")).toHaveCount(2);
  });

  const names = await rows().getByRole("link").allTextContents();
  const vms = await Promise.all(names.map((name) => api.vm(name)));

  const selected = async (act: "pause" | "stop") => {
    await engineer.goto(`${homeOf("engineer")}/vms`);
    for (const { id } of vms)
      await engineer
        .getByRole("row")
        .filter({ has: engineer.locator(`a[href="/vms/${id}"]`) })
        .getByRole("checkbox")
        .check();
    await engineer.getByRole("button", { name: words("batches.bulk.acts") }).click();
    await engineer.getByRole("menuitem", { name: words(`vms.act.${act}`), exact: true }).click();
    const dialog = engineer.getByRole("dialog");
    await dialog.getByRole("button", { name: words(`vms.act.${act}`), exact: true }).click();
    await expect(rows()).toHaveCount(2);
  };

  await test.step("what one of them cannot do does not keep the other from it", async () => {
    const [vm] = vms;
    if (!vm) throw new Error("the batch has VMs");
    await api.post(`vms/${vm.id}/stop`, {});
    await expect.poll(async () => (await api.vm(vm.name)).power, guests).toBe("stopped");
    await selected("pause");
    await expect(stateOf(engineer)).toHaveText(words("states.request.failed"), guests);
    const failed = rows().filter({ hasText: words("states.request.failed") });
    const done = rows().filter({ hasText: words("states.request.succeeded") });
    await expect(failed).toHaveCount(1);
    await expect(failed).toContainText(vm.name);
    await expect(done).toHaveCount(1);
    const standing = [words("batches.count.done", { count: 1 }), words("batches.count.failed", { count: 1 })];
    await expect(engineer.getByText(standing.join(" · "))).toBeVisible();
    await expect(engineer.getByRole("button", { name: words("batches.retry") })).toBeVisible();
  });

  await test.step("a selection is stopped together", async () => {
    await selected("stop");
    await expect(stateOf(engineer)).toHaveText(words("states.request.succeeded"), guests);
    for (const name of names)
      await expect.poll(async () => (await api.vm(name)).power, guests).toBe("stopped");
  });
});
