/** What those who run the platform do in the console: people and roles, and what the audit says of it. */
import { fresh, homeOf } from "./support/api";
import { expect, test } from "./support/test";

test("somebody is added and given a role, and the audit tells of it", async ({ pageOf, words }) => {
  const name = fresh("new-");
  const page = await pageOf("admin");
  await test.step("the account, with a first password that is shown once", async () => {
    await page.goto(`${homeOf("admin")}/people`);
    await page.getByRole("button", { name: words("people.new.title") }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(words("people.displayName")).fill("Nora New");
    await dialog.getByLabel(words("me.userName")).fill(name);
    await dialog.getByRole("button", { name: words("people.new.verb"), exact: true }).click();
    await expect(page.getByText(words("people.password.once"))).toBeVisible();
    await page.getByRole("button", { name: words("people.password.done") }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Nora New" })).toBeVisible();
    await expect(page.getByText(words("people.rolesNone"))).toBeVisible();
  });
  await test.step("a role, with what it allows in view", async () => {
    await page.getByRole("button", { name: words("people.give.verb") }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(words("people.role"), { exact: true }).click();
    await page.getByTitle(words("session.roles.auditor")).click();
    await expect(dialog.getByText(words("people.permission.audit_read"))).toBeVisible();
    await dialog.getByRole("button", { name: words("people.give.verb") }).click();
    await expect(dialog).toHaveCount(0);
    const roles = page.getByRole("table", { name: words("people.roles") });
    await expect(roles.getByText(words("session.roles.auditor"))).toBeVisible();
    await expect(roles.getByText(words("people.everywhere"))).toBeVisible();
  });
  await test.step("an auditor finds who did it, and what it changed", async () => {
    const auditor = await pageOf("auditor");
    await auditor.goto(`${homeOf("auditor")}/audit?action=user.create`);
    await auditor.getByRole("row").filter({ hasText: name }).click();
    const event = auditor.getByRole("dialog");
    await expect(event.getByText("user.create")).toBeVisible();
    await expect(event.getByText("Nora New", { exact: true })).toBeVisible();
  });
});
