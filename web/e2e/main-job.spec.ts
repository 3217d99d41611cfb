/**
 * What Shepherd is for, in a browser, in each language: an engineer asks for a VM, someone else agrees, a real guest
 * boots, the engineer sits at its console, and the trail tells the story. Both sit side by side in one browser, each
 * at an address of their own, and nobody reloads a page.
 */
import type { Page } from "@playwright/test";
import { fresh, homeOf } from "./support/api";
import { coloursOnScreen, Terminal } from "./support/console";
import { expect, signIn, test } from "./support/test";
import type { Language, Words } from "./support/words";

const languages: { language: Language; name: string; tag: string; other: string }[] = [
  { language: "en", name: "English", tag: "en", other: "zh-CN" },
  { language: "zh", name: "中文", tag: "zh", other: "en-GB" },
];

for (const { language, name, tag, other } of languages) {
  test.describe(`in ${name}`, () => {
    test.use({ language });

    test("the main job", async ({ browserOf, words }) => {
      // The browser prefers the other language, so that the switch has something to do.
      const context = await browserOf({ locale: other });
      const speak = async (page: Page) => {
        await page.locator("header button:has(.lucide-globe)").click();
        await page.getByRole("menuitem", { name, exact: true }).click();
        await expect(page.locator("html")).toHaveAttribute("lang", new RegExp(`^${tag}`));
      };

      const engineer = await context.newPage();
      await test.step("the engineer signs in with one click, at an address of their own", async () => {
        await signIn(engineer, "engineer");
        await speak(engineer);
      });
      const approver = await context.newPage();
      await test.step("so does the approver, in the same browser", async () => {
        await signIn(approver, "approver");
        await speak(approver);
        const places = approver.getByRole("navigation", { name: words("frame.nav") });
        await places.getByRole("link", { name: words("frame.approvals") }).click();
        await expect(approver.getByRole("heading", { name: words("approvals.title") }).first()).toBeVisible();
        await markLoad(approver);
      });

      const vm = await test.step("the engineer asks, seeing what it would mean", () =>
        ask(engineer, words, fresh(`The tour in ${language} `)));
      const number = await numberOf(engineer);
      await test.step("who asked is not offered to decide", async () => {
        await expect(engineer.getByText(words("codes.SELF_APPROVAL"))).toBeVisible();
        await expect(engineer.getByRole("button", { name: words("approvals.decide") })).toHaveCount(0);
      });

      await test.step("it arrives in the queue, and two keys approve it", async () => {
        await approve(approver, words, number, async (panel) => {
          await expect(panel.getByText(words("codes.CHANGE_NEEDS_APPROVAL"))).toBeVisible();
          await expect(panel.getByText("local", { exact: true }).first()).toBeVisible();
          await expect(panel.getByRole("table")).toBeVisible();
        });
      });

      await test.step("the guest boots under the engineer's eyes", async () => {
        await expect(stateOf(engineer)).toHaveText(words("states.request.succeeded"), { timeout: 60_000 });
        for (const step of ["create", "running"])
          await expect(engineer.getByText(words(`vms.operation.step.${step}`))).toBeVisible();
        await engineer.getByRole("link", { name: words("requests.toVm") }).click();
        await expect(stateOf(engineer)).toHaveText(words("states.power.running"));
        await expect(engineer.getByText("local", { exact: true }).first()).toBeVisible();
      });

      await test.step("the serial console: log in and run a command", async () => {
        await engineer.getByRole("button", { name: words("vms.act.console") }).click();
        await expect(engineer.locator(".console[data-phase=open]")).toBeVisible();
        const terminal = new Terminal(engineer);
        await terminal.type("");
        await terminal.shows("login:");
        await terminal.type("demo");
        await terminal.shows("Password:");
        await terminal.type("demo");
        await terminal.shows(/demo@|[$#]\s*$/m);
        await terminal.type("echo $(hostname) has $((6 * 7)) answers");
        await terminal.shows(`${vm} has 42 answers`);
      });

      await test.step("the screen shows something", async () => {
        await engineer.getByText(words("consoles.kind.vnc"), { exact: true }).click();
        await expect(engineer.locator(".console[data-phase=open]")).toBeVisible();
        await expect.poll(() => coloursOnScreen(engineer)).toBeGreaterThan(1);
      });

      await test.step("stop and start", async () => {
        await act(engineer, words, "stop");
        await engineer
          .getByRole("dialog")
          .getByRole("button", { name: words("vms.act.stop") })
          .click();
        await expect(stateOf(engineer)).toHaveText(words("states.power.stopped"), { timeout: 60_000 });
        await engineer.getByRole("button", { name: words("vms.act.start") }).click();
        await engineer
          .getByRole("dialog")
          .getByRole("button", { name: words("vms.act.start") })
          .click();
        await expect(stateOf(engineer)).toHaveText(words("states.power.running"), { timeout: 60_000 });
      });

      const page = engineer.url();
      await test.step("delete, with the name typed and a second approval", async () => {
        await act(engineer, words, "delete");
        const dialog = engineer.getByRole("dialog");
        const remove = dialog.getByRole("button", { name: words("vms.act.delete") });
        await dialog.getByLabel(words("confirm.typeName")).fill(vm.slice(0, -1));
        await expect(remove).toBeDisabled();
        await dialog.getByLabel(words("confirm.typeName")).fill(vm);
        await remove.click();
        await expect(stateOf(engineer)).toHaveText(words("states.request.pending"));
        await approve(approver, words, await numberOf(engineer));
        await expect(stateOf(engineer)).toHaveText(words("states.request.succeeded"), { timeout: 60_000 });
        await engineer.goto(page);
        await expect(stateOf(engineer)).toHaveText(words("states.vm.trashed"));
      });
      await test.step("the approver's page was never loaded again", () => expectNoLoad(approver));

      await test.step("the auditor finds the whole trail", async () => {
        const auditor = await context.newPage();
        await signIn(auditor, "auditor");
        await speak(auditor);
        await auditor.goto(`${homeOf("auditor")}/audit?vm=${page.match(/vms\/([^/?]+)/)?.[1]}`);
        for (const [action, who] of trail) {
          const row = auditor.getByRole("row").filter({ has: auditor.getByText(action, { exact: true }) });
          await expect(row.filter({ hasText: who }).first(), `${action} by ${who}`).toBeVisible();
        }
      });
    });
  });
}

/** What has to be in the trail of the VM, and who did it. What was agreed is carried out by the system. */
const trail = [
  ["request.submit", "engineer"],
  ["request.approve", "approver"],
  ["vm.create", "system"],
  ["console.open", "engineer"],
  ["console.close", "engineer"],
  ["vm.stop", "system"],
  ["vm.start", "system"],
  ["vm.delete", "system"],
] as const;

const stateOf = (page: Page) => page.locator(".page-head .state-badge");

async function numberOf(page: Page): Promise<string> {
  const text = await page.locator(".page-above").textContent();
  return /R-\d+/.exec(text ?? "")?.[0] ?? "none";
}

/** Fills in the form and sends it. Gives the name that the preflight promised. */
async function ask(page: Page, words: Words, greeting: string): Promise<string> {
  await page.getByRole("link", { name: words("requests.new.title") }).click();
  const aside = page.getByRole("complementary", { name: words("requests.preflight.title") });
  await expect(aside.getByText(words("requests.preflight.idle"))).toBeVisible();
  const choose = async (field: string, option: string) => {
    await page.getByRole("combobox", { name: words(field) }).click();
    await page.locator(".ant-select-item-option").filter({ hasText: option }).click();
  };
  await choose("requests.new.service", "shop / web");
  await page.getByRole("radio", { name: /demo-linux/ }).check();
  await page.getByRole("radio", { name: /small/ }).check();
  await expect(aside.getByText(/^test-shop-web-\d+/)).toBeVisible();
  // Another namespace means another name, another place and other rules, at once.
  await choose("requests.new.namespace", "prod");
  await expect(aside.getByText(/^prod-shop-web-\d+/)).toBeVisible();
  await expect(aside.getByText("sim", { exact: true })).toBeVisible();
  await choose("requests.new.namespace", "test");
  const promised = aside.getByText(/^test-shop-web-\d+/);
  await expect(promised).toBeVisible();
  await expect(aside.getByText("local", { exact: true })).toBeVisible();
  await expect(aside.getByText(words("requests.preflight.outcome.require"))).toBeVisible();
  await expect(aside.getByText(words("codes.CHANGE_NEEDS_APPROVAL"))).toBeVisible();
  await expect(aside.getByText(words("requests.quota.title"))).toBeVisible();
  const name = (await promised.textContent()) ?? "";
  await page.getByLabel("What its web page says").fill(greeting);
  await page.getByLabel(words("requests.new.reason")).fill(`${greeting}, for the tour`);
  await page.getByRole("button", { name: words("requests.new.submit") }).click();
  await expect(stateOf(page)).toHaveText(words("states.request.pending"));
  await markLoad(page);
  return name;
}

/** Finds the request in the queue that is open, and decides with the keyboard alone. */
async function approve(
  page: Page,
  words: Words,
  number: string,
  look?: (panel: ReturnType<Page["getByRole"]>) => Promise<void>,
): Promise<void> {
  await page
    .getByRole("navigation", { name: words("approvals.title") })
    .getByText(`${number} `)
    .click();
  const panel = page.getByRole("article", { name: number });
  await expect(panel.getByRole("button", { name: words("approvals.approve") })).toBeEnabled();
  await look?.(panel);
  await page.keyboard.press("a");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText(words("approvals.consequence.bound"))).toBeVisible();
  await expect(dialog.getByRole("button", { name: words("approvals.approve") })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(panel.getByRole("status").getByText(words("approvals.done.approve"))).toBeVisible();
}

async function act(page: Page, words: Words, verb: string): Promise<void> {
  await page.getByRole("button", { name: words("vms.act.more"), exact: true }).click();
  await page.getByRole("menuitem", { name: words(`vms.act.${verb}`), exact: true }).click();
}

const markLoad = (page: Page) => page.evaluate(() => document.documentElement.setAttribute("data-seen", ""));
const expectNoLoad = (page: Page) => expect(page.locator("html")).toHaveAttribute("data-seen", "");
