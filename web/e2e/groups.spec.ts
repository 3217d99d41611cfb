/** Groups and roles as those who give them use them. */
import { fresh, homeOf } from "./support/api";
import { expect, test } from "./support/test";

test("a role given to a group reaches its members, and leaves with them", async ({
  pageOf,
  apiOf,
  words,
}) => {
  const name = fresh("team-");
  const person = fresh("gina-");
  await (await apiOf("admin")).createPerson(person, "Gina Group", []);
  const page = await pageOf("admin");
  const choose = async (option: string) =>
    page.locator(".ant-select-dropdown:visible").getByText(option, { exact: true }).first().click();
  await test.step("a group, with somebody in it", async () => {
    await page.goto(`${homeOf("admin")}/people/groups`);
    await page
      .getByRole("button", { name: words("people.group.new") })
      .first()
      .click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(words("catalogue.title2")).fill(`Team ${name}`);
    await dialog.getByLabel(words("common.name")).fill(name);
    await dialog.getByRole("button", { name: words("people.group.create") }).click();
    await expect(page.getByRole("heading", { level: 1, name: `Team ${name}` })).toBeVisible();
    await page.getByRole("combobox", { name: words("people.group.choose") }).fill(person);
    await choose(person);
    await page.getByRole("button", { name: words("people.group.add"), exact: true }).click();
    await expect(page.getByRole("row").filter({ hasText: "Gina Group" })).toBeVisible();
  });
  await test.step("the group's role is the member's, and says through what", async () => {
    await page.getByRole("tab", { name: words("people.roles") }).click();
    await page.getByRole("button", { name: words("people.give.verb") }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(words("people.role"), { exact: true }).click();
    await page.getByTitle(words("session.roles.auditor")).click();
    await dialog.getByRole("button", { name: words("people.give.verb") }).click();
    await expect(dialog).toHaveCount(0);
    await page.getByRole("tab", { name: words("people.group.members") }).click();
    await page.getByRole("row").filter({ hasText: "Gina Group" }).click();
    const roles = page.getByRole("table", { name: words("people.roles") });
    await expect(roles.getByText(words("session.roles.auditor"))).toBeVisible();
    await expect(roles.getByText(words("people.through"))).toBeVisible();
    await expect(roles.getByRole("button")).toHaveCount(0);
  });
  await test.step("taken out of the group, nothing is left", async () => {
    await page.getByRole("link", { name: `Team ${name}` }).click();
    await page
      .getByRole("button", { name: words("people.group.remove.label", { name: "Gina Group" }) })
      .click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: words("people.group.remove.verb") }).click();
    await expect(dialog).toHaveCount(0);
    await expect(page.getByText(words("people.group.membersNone"))).toBeVisible();
    await page.goBack();
    await expect(page.getByText(words("people.rolesNone"))).toBeVisible();
  });
  await test.step("what each role allows, at one look", async () => {
    await page.goto(`${homeOf("admin")}/people/roles`);
    const matrix = page.getByRole("table", { name: words("people.roles") });
    const approve = matrix
      .getByRole("row")
      .filter({ has: page.getByRole("rowheader", { name: words("people.permission.request_approve") }) });
    await expect(approve.getByLabel(words("common.yes"))).toHaveCount(1);
  });
});
