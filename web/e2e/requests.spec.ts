/**
 * How a request becomes the right one: kept as a draft, sent back, talked about, changed, and approved; all of it also
 * by thumb on a phone. Both people have their pages open, and nobody reloads.
 */
import type { Locator, Page } from "@playwright/test";
import { fresh, homeOf } from "./support/api";
import { expect, test } from "./support/test";
import type { Words } from "./support/words";

const stateOf = (page: Page) => page.locator(".page-head .state-badge");

/** What became of the decision, where its buttons were. */
const outcomeOf = (panel: Locator) => panel.locator(".decision-acts").getByRole("status");

/** Opens a request of the queue. */
async function openInQueue(page: Page, words: Words, number: string) {
  await page.goto(`${homeOf("approver")}/approvals`);
  const queue = page.getByRole("navigation", { name: words("approvals.title") });
  await queue.getByText(`${number} `).click();
  const panel = page.getByRole("article", { name: number });
  await expect(panel.getByText(words("requests.asked.title"))).toBeVisible();
  return panel;
}

for (const language of ["en", "zh"] as const) {
  test.describe(language, () => {
    test.use({ language });

    test("sent back, changed, talked about and approved", async ({ apiOf, pageOf, words }) => {
      const [before, after] = [fresh("before"), fresh("after")];
      const api = await apiOf("engineer");
      const request = await api.requestVm(before, "For the load test");
      const number = `R-${request.number}`;
      const approver = await pageOf("approver");
      const engineer = await pageOf("engineer");
      await engineer.goto(`${homeOf("engineer")}/requests/${request.id}`);
      await expect(stateOf(engineer)).toHaveText(words("states.request.pending"));

      const panel = await openInQueue(approver, words, number);
      await test.step("one key asks for changes, and wants to be told which", async () => {
        await approver.keyboard.press("c");
        const dialog = approver.getByRole("dialog");
        const send = dialog.getByRole("button", { name: words("approvals.changes") });
        await expect(send).toBeDisabled();
        await dialog.getByLabel(words("approvals.changesWhat")).fill("Another greeting, please.");
        await send.click();
        await expect(outcomeOf(panel)).toHaveText(words("approvals.done.request_changes"));
      });

      await test.step("the requester sees what is wanted, and what an edit changes", async () => {
        await expect(stateOf(engineer)).toHaveText(words("states.request.changes_requested"));
        await expect(engineer.getByText("Another greeting, please.").first()).toBeVisible();
        await engineer.getByRole("link", { name: words("requests.edit.verb") }).click();
        const greeting = engineer.getByLabel("What its web page says");
        await expect(greeting).toHaveValue(before);
        await greeting.fill(after);
        const row = engineer
          .getByRole("table", { name: words("changes.title") })
          .getByRole("row")
          .filter({ hasText: "greeting" });
        await expect(row).toContainText(before);
        await expect(row).toContainText(after);
        await engineer.getByRole("button", { name: words("requests.edit.submit") }).click();
        await expect(stateOf(engineer)).toHaveText(words("states.request.pending"));
      });

      await test.step("what is said shows on the other's page as it is said", async () => {
        await approver.getByRole("button", { name: words("approvals.changed.load") }).click();
        await expect(panel.getByText(after).first()).toBeVisible();
        const said = "Better so?";
        await engineer.getByLabel(words("requests.comments.say")).fill(said);
        await engineer.getByRole("button", { name: words("requests.comments.send") }).click();
        await expect(panel.getByText(said)).toBeVisible();
        await panel.getByLabel(words("requests.comments.say")).fill("Yes.");
        await panel.getByRole("button", { name: words("requests.comments.send") }).click();
        await expect(engineer.getByText("Yes.", { exact: true })).toBeVisible();
      });

      await test.step("the new wording is approved, and it is what runs", async () => {
        await expect(panel.getByRole("button", { name: words("approvals.approve") })).toBeEnabled();
        await panel.getByRole("heading", { level: 2 }).first().click();
        await approver.keyboard.press("a");
        await expect(approver.getByRole("dialog")).toBeVisible();
        await approver.keyboard.press("Enter");
        await expect(outcomeOf(panel)).toHaveText(words("approvals.done.approve"));
        await expect(stateOf(engineer)).toHaveText(words("states.request.succeeded"), { timeout: 90_000 });
      });

      await test.step("it stops within the time one gives it", async () => {
        await engineer.getByRole("link", { name: words("requests.toVm") }).click();
        await engineer.getByRole("button", { name: words("vms.act.more"), exact: true }).click();
        await engineer.getByRole("menuitem", { name: words("vms.act.stop"), exact: true }).click();
        const dialog = engineer.getByRole("dialog");
        await dialog.getByLabel(words("vms.confirm.grace")).fill("5");
        await dialog.getByRole("button", { name: words("vms.act.stop") }).click();
        await expect(stateOf(engineer)).toHaveText(words("states.power.stopped"), { timeout: 60_000 });
      });
    });
  });
}

test("a draft is kept, gone on with, sent, and gone", async ({ pageOf, words }) => {
  const engineer = await pageOf("engineer");
  const reason = fresh("later ");
  await engineer.goto(`${homeOf("engineer")}/requests/new`);
  await engineer.getByRole("combobox", { name: words("requests.new.service") }).click();
  await engineer.locator(".ant-select-item-option").filter({ hasText: "shop / web" }).click();
  await engineer.getByLabel(words("requests.new.reason")).fill(reason);
  await engineer.getByRole("button", { name: words("requests.drafts.save") }).click();
  await expect(engineer.getByText(words("requests.drafts.lead"))).toBeVisible();

  await engineer.goto(`${homeOf("engineer")}/requests?whose=drafts`);
  await engineer.getByRole("row").filter({ hasText: reason }).getByRole("link").click();
  await expect(engineer.getByLabel(words("requests.new.reason"))).toHaveValue(reason);
  await engineer.getByLabel("What its web page says").fill(fresh("draft"));
  await engineer.getByRole("button", { name: words("requests.new.submit") }).click();
  await expect(stateOf(engineer)).toHaveText(words("states.request.pending"));

  await engineer.getByRole("button", { name: words("requests.cancel.verb") }).click();
  await engineer
    .getByRole("dialog")
    .getByRole("button", { name: words("requests.cancel.verb") })
    .click();
  await expect(stateOf(engineer)).toHaveText(words("states.request.cancelled"));
  await engineer.goto(`${homeOf("engineer")}/requests?whose=drafts`);
  await expect(engineer.getByText(words("requests.drafts.tab"))).toBeVisible();
  await expect(engineer.getByRole("row").filter({ hasText: reason })).toHaveCount(0);
});

test("on a phone: queue, decision and conversation by thumb", async ({ apiOf, pageOf, words }) => {
  const api = await apiOf("engineer");
  const request = await api.requestVm(fresh("phone"), "From the train");
  const number = `R-${request.number}`;
  const phone = await pageOf("approver", {
    viewport: { width: 360, height: 760 },
    hasTouch: true,
    isMobile: true,
  });
  await phone.goto(`${homeOf("approver")}/approvals`);
  const queue = phone.getByRole("navigation", { name: words("approvals.title") });
  await expect(phone.getByRole("article")).toBeHidden();
  await queue.getByText(`${number} `).tap();
  const panel = phone.getByRole("article", { name: number });
  await expect(queue).toBeHidden();

  const wide = await phone.evaluate(() => document.documentElement.scrollWidth);
  expect(wide, "nothing hangs over the edge").toBeLessThanOrEqual(360);
  for (const verb of ["approvals.reject", "approvals.changes", "approvals.approve"]) {
    const button = panel.getByRole("button", { name: words(verb) });
    await expect(button).toBeInViewport();
    expect((await button.boundingBox())?.height, `${verb} is large enough to hit`).toBeGreaterThanOrEqual(44);
  }

  await panel.getByLabel(words("requests.comments.say")).fill("Which team pays?");
  await panel.getByRole("button", { name: words("requests.comments.send") }).tap();
  await expect(panel.getByText("Which team pays?")).toBeVisible();

  await panel.getByRole("button", { name: words("approvals.reject") }).tap();
  const dialog = phone.getByRole("dialog");
  await dialog.getByLabel(words("common.reason")).fill("Not from a train.");
  await dialog.getByRole("button", { name: words("approvals.reject") }).tap();
  await expect(outcomeOf(panel)).toHaveText(words("approvals.done.reject"));
  await phone.getByRole("button", { name: words("approvals.title") }).tap();
  await expect(queue.getByText(words("approvals.done.reject"))).toBeVisible();
});
