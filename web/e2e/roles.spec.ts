/** Roles of one's own, service accounts, and the answer to who may do what, as those who give rights use them. */
import { fresh, homeOf } from "./support/api";
import { expect, test } from "./support/test";

test("a role is made and given, and the page that answers says why its holder may", async ({
  pageOf,
  apiOf,
  words,
}) => {
  const name = fresh("night-");
  const person = fresh("nia-");
  await (await apiOf("admin")).createPerson(person, `Nia ${person}`, []);
  const page = await pageOf("admin");
  const choose = (option: string) =>
    page.locator(".ant-select-dropdown:visible").getByText(option, { exact: true }).first().click();
  await test.step("put together from permissions", async () => {
    await page.goto(`${homeOf("admin")}/people/roles`);
    await page.getByRole("button", { name: words("people.ownRole.new") }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(words("catalogue.title2")).fill(`Shift ${name}`);
    await dialog.getByLabel(words("common.name"), { exact: true }).fill(name);
    await dialog.getByRole("checkbox", { name: words("people.permission.audit_read") }).check();
    await dialog.getByRole("button", { name: words("people.ownRole.create") }).click();
    await expect(dialog).toHaveCount(0);
    await expect(page.getByRole("columnheader", { name: `Shift ${name}` })).toBeVisible();
  });
  await test.step("nobody may by it before it is given; afterwards its holder may, and the page says why", async () => {
    await page.goto(`${homeOf("admin")}/people/access`);
    await page.getByRole("combobox", { name: words("access.person"), exact: true }).fill(person);
    await choose(person);
    await page
      .getByRole("combobox", { name: words("access.may") })
      .fill(words("people.permission.audit_read"));
    await choose(words("people.permission.audit_read"));
    await expect(page.getByText(words("access.missing.no_role"))).toBeVisible();
    const api = await apiOf("admin");
    const found = await api.get<{ items: { id: string }[] }>(`people?q=${person}&limit=1`);
    await api.post(`people/${found.items[0]?.id}/bindings`, { role: name, environment_ids: [] });
    await page.reload();
    await expect(page.getByText(words("access.byRole", { role: name }))).toBeVisible();
    await page.goto(`${homeOf("admin")}/people/access?permission=audit:read`);
    const holders = page.getByRole("table", { name: words("access.who") });
    await expect(holders.getByRole("row").filter({ hasText: person })).toContainText(name);
  });
});

test("a service account gets a token from the person who answers for it", async ({ pageOf, words }) => {
  const name = fresh("runner-");
  const page = await pageOf("admin");
  await page.goto(`${homeOf("admin")}/people/accounts`);
  await page
    .getByRole("button", { name: words("people.account.new") })
    .first()
    .click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(words("people.displayName")).fill(`Runner ${name}`);
  await dialog.getByLabel(words("common.name"), { exact: true }).fill(name);
  await dialog.getByRole("button", { name: words("people.account.create") }).click();
  await expect(page.getByRole("heading", { level: 1, name: `Runner ${name}` })).toBeVisible();
  await page.getByLabel(words("me.tokens.name")).fill("pipeline");
  await page.getByRole("button", { name: words("me.tokens.create") }).click();
  await expect(page.getByText(words("me.tokens.once"))).toBeVisible();
  const tokens = page.getByRole("table", { name: words("me.tab.tokens") });
  await expect(tokens.getByText("pipeline")).toBeVisible();
  await page.goto(`${homeOf("admin")}/me?tab=accounts`);
  await expect(page.getByRole("link", { name: `Runner ${name}` })).toBeVisible();
});
