/** What an organisation sets up for itself: fields it asks for, and views people keep. */
import { fresh, homeOf } from "./support/api";
import { expect, test } from "./support/test";

test("a field is asked for where it was made, until it is retired", async ({ pageOf, apiOf, words }) => {
  const vm = await (await apiOf("engineer")).vm("test-shop-web-01");
  const name = fresh("cost_");
  const label = `Cost centre ${name}`;
  const admin = await pageOf("admin");
  await admin.goto(`${homeOf("admin")}/catalogue?tab=fields`);
  await admin.getByRole("button", { name: words("catalogue.fields.new.title") }).click();
  const dialog = admin.getByRole("dialog");
  await dialog
    .getByLabel(/English/)
    .first()
    .fill(label);
  await dialog.getByLabel(words("catalogue.name"), { exact: true }).fill(name);
  await dialog.getByLabel(words("catalogue.pattern")).fill("CC\\d+");
  await dialog.getByRole("checkbox", { name: words("catalogue.fields.mustBeGiven") }).uncheck();
  await dialog.getByRole("button", { name: words("catalogue.fields.new.verb") }).click();
  await expect(dialog).toHaveCount(0);
  await expect(admin.getByRole("row").filter({ hasText: label })).toBeVisible();

  const engineer = await pageOf("engineer");
  await engineer.goto(`${homeOf("engineer")}/requests/new?like=${vm.id}`);
  const field = engineer.getByLabel(label);
  await field.fill("twelve");
  await expect(engineer.getByText(words("requests.new.pattern", { pattern: "CC\\d+" }))).toBeVisible();
  await field.fill("CC12");
  await expect(engineer.locator(".ant-form-item-explain-error")).toHaveCount(0);

  await admin.getByRole("button", { name: `${words("catalogue.fields.retire.verb")} ${label}` }).click();
  await admin
    .getByRole("dialog")
    .getByRole("button", { name: words("catalogue.fields.retire.verb") })
    .click();
  await expect(admin.getByRole("row").filter({ hasText: label })).toHaveCount(0);
  await engineer.reload();
  await expect(engineer.getByText(words("requests.stages.title"))).toBeVisible();
  await expect(engineer.getByLabel(label)).toHaveCount(0);
});

test("filters are kept as a view, which the palette opens", async ({ pageOf, words }) => {
  const name = fresh("Running webs ");
  const page = await pageOf("engineer");
  const home = homeOf("engineer");
  await page.goto(`${home}/vms?power=running&q=web`);
  await page.getByRole("button", { name: words("list.views.title"), exact: true }).click();
  await page.getByRole("menuitem", { name: words("list.views.save") }).click();
  await page.getByLabel(words("list.views.name")).fill(name);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: words("list.views.current", { name }) })).toBeVisible();
  await page.goto(`${home}/`);
  await expect(page.getByRole("banner")).toBeVisible();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill(name);
  await expect(page.getByRole("option", { name })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/vms\?.*power=running/);
  await page.getByRole("button", { name: words("list.views.current", { name }) }).click();
  await page.getByRole("menuitem", { name: words("list.views.remove", { name }) }).click();
  await expect(page.getByRole("button", { name: words("list.views.title"), exact: true })).toBeVisible();
});
