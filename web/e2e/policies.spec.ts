/** Rules as those who make them and those who meet them use them: made, refused, explained, changed, retired. */
import type { Locator, Page } from "@playwright/test";
import { fresh, homeOf } from "./support/api";
import { expect, test } from "./support/test";

/** Chooses in a field that opens a list. */
async function choose(page: Page, field: Locator, option: string): Promise<void> {
  await field.click();
  await page.locator(".ant-select-dropdown:visible").getByText(option, { exact: true }).click();
  await page.keyboard.press("Escape");
}

test("a rule is made, met, explained, changed and retired", async ({ pageOf, apiOf, words, log }) => {
  const vm = await (await apiOf("engineer")).vm("test-shop-web-01");
  const name = fresh("no-large-");
  const says = `Large VMs are not for testing, says ${name}`;
  const admin = await pageOf("admin");
  await test.step("the server's fault stands at the condition, and the rule is made when it is mended", async () => {
    log.expect(/422/);
    await admin.goto(`${homeOf("admin")}/policies`);
    await admin.getByRole("link", { name: words("policies.new.title") }).click();
    await admin.getByLabel(words("policies.says"), { exact: true }).fill(says);
    await admin.getByLabel(words("policies.name"), { exact: true }).fill(name);
    await admin.getByRole("radio", { name: words("policies.effects.deny") }).check();
    await choose(
      admin,
      admin.getByLabel(words("policies.for"), { exact: true }),
      words("states.verb.vm.create"),
    );
    const condition = admin.getByRole("textbox", { name: words("policies.condition") });
    await condition.fill("request.cpu > 1");
    await admin.getByRole("button", { name: words("policies.new.verb") }).click();
    const fault = words("codes.POLICY_CONDITION_UNKNOWN_NAME", { name: "request.cpu" });
    await expect(admin.getByText(fault)).toBeVisible();
    await expect(condition).toBeFocused();
    await condition.fill("environment.name == 'test' && ");
    await admin.getByRole("button", { name: "request.size", exact: true }).click();
    await condition.press("End");
    await condition.pressSequentially(" == 'large'");
    await admin.getByRole("button", { name: words("policies.new.verb") }).click();
    await expect(admin.getByRole("heading", { level: 1, name: says })).toBeVisible();
    await expect(admin.getByText("environment.name == 'test' && request.size == 'large'")).toBeVisible();
  });

  const engineer = await pageOf("engineer");
  await test.step("who asks is refused, reads why, and takes what passes", async () => {
    await engineer.goto(`${homeOf("engineer")}/requests/new?like=${vm.id}`);
    const side = engineer.getByRole("complementary", { name: words("requests.preflight.title") });
    await engineer.getByRole("radio", { name: /large/ }).check();
    await expect(side.getByText(words("requests.preflight.outcome.deny"))).toBeVisible();
    await side.getByRole("button", { name: words("requests.policy.whatPasses") }).click();
    await expect(side.getByText(words("policies.explain.passing.size"))).toBeVisible();
    await expect(side.locator(".read-inputs").getByText("request.size").first()).toBeVisible();
    await side.getByRole("button", { name: words("policies.explain.take", { name: "medium" }) }).click();
    await expect(engineer.getByRole("radio", { name: /medium/ })).toBeChecked();
    await expect(side.getByText(words("requests.preflight.outcome.require"))).toBeVisible();
  });

  await test.step("a new version stands beside the old one, and what changed is said", async () => {
    await admin.getByRole("link", { name: words("policies.edit.verb") }).click();
    await admin.getByRole("radio", { name: words("policies.enforcements.advisory") }).check();
    await admin.getByRole("button", { name: words("policies.edit.save") }).click();
    const changes = admin.getByRole("table", { name: words("policies.changed", { from: 1, to: 2 }) });
    await expect(changes.getByRole("row")).toHaveCount(2);
    await expect(changes.getByText(words("policies.enforcements.advisory"))).toBeVisible();
    await admin.getByRole("button", { name: words("common.version", { version: 1 }) }).click();
    await expect(
      admin.getByRole("heading", { name: words("policies.contentOf", { version: 1 }) }),
    ).toBeVisible();
    await expect(admin.getByText(words("policies.enforcementText.hard"))).toBeVisible();
  });

  await test.step("retired, it refuses nobody and can still be read", async () => {
    await admin.getByRole("button", { name: words("policies.retire.verb") }).click();
    const dialog = admin.getByRole("dialog");
    await dialog.getByRole("button", { name: words("policies.retire.verb") }).click();
    await expect(dialog).toHaveCount(0);
    await expect(admin.getByText(words("policies.retired")).first()).toBeVisible();
    await admin.goto(`${homeOf("admin")}/policies?retired=true`);
    await expect(admin.getByRole("link", { name: says })).toBeVisible();
    await engineer.reload();
    await engineer.getByRole("radio", { name: /large/ }).check();
    const side = engineer.getByRole("complementary", { name: words("requests.preflight.title") });
    await expect(side.getByText(words("requests.preflight.outcome.require"))).toBeVisible();
  });
});

test("a stage that nobody could pass is warned of, and a request says who may decide it", async ({
  pageOf,
  apiOf,
  words,
}) => {
  const name = fresh("many-");
  const admin = await pageOf("admin");
  await test.step("it is saved, with a warning that stays until it is closed", async () => {
    await admin.goto(`${homeOf("admin")}/policies/new`);
    await admin.getByLabel(words("policies.says"), { exact: true }).fill(`Nineteen agree, says ${name}`);
    await admin.getByLabel(words("policies.name"), { exact: true }).fill(name);
    await choose(
      admin,
      admin.getByLabel(words("policies.for"), { exact: true }),
      words("states.verb.vm.create"),
    );
    await admin.getByRole("textbox", { name: words("policies.condition") }).fill("request.copies > 400");
    const first = admin.getByRole("region", { name: words("policies.stage", { number: 1 }) });
    await first.getByRole("spinbutton", { name: words("policies.needed") }).fill("19");
    await first.getByRole("button", { name: words("policies.requirementAdd") }).click();
    await expect(first.getByRole("spinbutton", { name: words("policies.needed") })).toHaveCount(2);
    await admin.getByRole("button", { name: words("policies.new.verb") }).click();
    await expect(admin.getByText(words("policies.saved"))).toBeVisible();
    await expect(admin.getByText(words("policies.wanted.owners", { count: 1 }))).toBeVisible();
    await admin
      .getByRole("status")
      .getByRole("button", { name: words("common.close") })
      .click();
    await expect(admin.getByText(words("policies.saved"))).toHaveCount(0);
  });
  await test.step("the rules of a waiting request, judged again", async () => {
    const api = await apiOf("engineer");
    const waiting = await api.get<{ items: { id: string; state: string }[] }>("requests?limit=100");
    const id = waiting.items.find(({ state }) => state === "pending")?.id;
    const engineer = await pageOf("engineer");
    await engineer.goto(`${homeOf("engineer")}/requests/${id}`);
    await engineer.getByRole("link", { name: words("requests.policy.why") }).click();
    await expect(engineer.getByText(words("policies.explain.same"))).toBeVisible();
    await expect(engineer.getByText(words("requests.stages.candidates"))).toBeVisible();
  });
});
