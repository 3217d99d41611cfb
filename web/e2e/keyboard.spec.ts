/** The main job with the keyboard alone: every step is reached by Tab, shows where the focus is, and nothing traps it. */
import type { Locator, Page } from "@playwright/test";
import { fresh, homeOf, type Person, people } from "./support/api";
import { expect, test } from "./support/test";

const most = 80;

/** Presses Tab until the focus is there. On its way every stop has to show that it has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let stop = 0; stop < most; stop++) {
    await page.keyboard.press("Tab");
    const unseen = await page.evaluate(focusUnseen);
    expect(unseen, "what has the focus and does not show it").toBeNull();
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`${target} is not reached by Tab`);
}

/** The focused element, if neither it nor what is drawn around it looks any different without the focus. */
async function focusUnseen(): Promise<string | null> {
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || focused === document.body) return null;
  // A native field inside a drawn one: the drawing carries the mark.
  const drawn = focused.closest(".ant-select, .ant-input-affix-wrapper, .ant-radio-wrapper");
  const around = [focused, focused.parentElement, focused.nextElementSibling, drawn];
  const near = [...around, ...(drawn?.children ?? [])].filter((element) => element instanceof Element);
  const drawing = () =>
    near
      .flatMap((element) => [getComputedStyle(element), getComputedStyle(element, "::after")])
      .map((s) => `${s.outline} ${s.boxShadow} ${s.borderColor} ${s.clipPath} ${s.transform}`)
      .join("\n");
  const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  await painted();
  const withFocus = drawing();
  focused.blur();
  await painted();
  const without = drawing();
  focused.focus();
  return withFocus === without ? focused.outerHTML.slice(0, 200) : null;
}

async function signInByKeys(page: Page, person: Person): Promise<void> {
  await page.goto(`${homeOf(person)}/sign-in`);
  const button = page.getByRole("button", { name: people[person] });
  await expect(button).toBeVisible();
  await tabTo(page, button);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${homeOf(person)}/`);
  // The address changes before the page does, and the sign-in page has a heading too.
  await expect(page.getByRole("banner")).toBeVisible();
}

test("asking for a VM and approving it, with the keyboard alone", async ({ browserOf, words }) => {
  const context = await browserOf({ reducedMotion: "reduce" });
  const engineer = await context.newPage();
  await signInByKeys(engineer, "engineer");

  await test.step("the first stop leads past the navigation", async () => {
    await engineer.goto(homeOf("engineer"));
    await expect(engineer.getByRole("heading", { level: 1 })).toBeVisible();
    await tabTo(engineer, engineer.getByRole("link", { name: words("frame.skip") }));
    await engineer.keyboard.press("Enter");
    await expect(engineer.locator("main")).toBeFocused();
  });

  await test.step("the form is filled in and sent", async () => {
    await tabTo(engineer, engineer.getByRole("link", { name: words("requests.new.title") }));
    await engineer.keyboard.press("Enter");
    // Until the form is there, Tab still walks over the page that is left.
    const service = engineer.getByRole("combobox", { name: words("requests.new.service") });
    await expect(service).toBeVisible();
    await tabTo(engineer, service);
    await engineer.keyboard.type("shop / api");
    await engineer.keyboard.press("Enter");
    await expect(engineer.getByText(/^test-shop-api-\d+/)).toBeVisible();
    const sizes = engineer.getByRole("radio", { name: /small|medium|large/ });
    await tabTo(engineer, sizes.first());
    await engineer.keyboard.press("ArrowRight");
    await expect(sizes.nth(1)).toBeChecked();
    await tabTo(engineer, engineer.getByLabel("What its web page says"));
    await engineer.keyboard.press("Control+a");
    await engineer.keyboard.type(fresh("By keys "));
    await tabTo(engineer, engineer.getByLabel(words("requests.new.reason")));
    await engineer.keyboard.type("Nobody touched a mouse");
    await tabTo(engineer, engineer.getByRole("button", { name: words("requests.new.submit") }));
    await engineer.keyboard.press("Enter");
    await expect(engineer.locator(".page-head .state-badge")).toHaveText(words("states.request.pending"));
  });
  const number = (await engineer.locator(".page-above").textContent())?.match(/R-\d+/)?.[0] ?? "none";

  await test.step("the approver moves to it, and thinks better of it", async () => {
    const approver = await context.newPage();
    await signInByKeys(approver, "approver");
    await tabTo(approver, approver.getByRole("link", { name: words("frame.approvals") }).first());
    await approver.keyboard.press("Enter");
    const item = approver.getByRole("navigation", { name: words("approvals.title") }).getByRole("button");
    await expect(item.filter({ hasText: number })).toBeVisible();
    await tabTo(approver, item.filter({ hasText: number }));
    await approver.keyboard.press("Enter");
    const panel = approver.getByRole("article", { name: number });
    await expect(panel.getByRole("button", { name: words("approvals.approve") })).toBeEnabled();
    await approver.keyboard.press("k");
    await expect(panel).toHaveCount(0);
    await approver.keyboard.press("j");
    await expect(panel.getByRole("button", { name: words("approvals.approve") })).toBeEnabled();
    await approver.keyboard.press("a");
    await expect(approver.getByRole("dialog")).toBeVisible();
    await approver.keyboard.press("Escape");
    await expect(approver.getByRole("dialog")).toHaveCount(0);
    await approver.keyboard.press("r");
    await expect(approver.getByRole("dialog").getByLabel(words("common.reason"))).toBeFocused();
    await approver.keyboard.type("Not now");
    await tabTo(
      approver,
      approver.getByRole("dialog").getByRole("button", { name: words("approvals.reject") }),
    );
    await approver.keyboard.press("Enter");
    await expect(panel.getByRole("status").getByText(words("approvals.done.reject"))).toBeVisible();
  });
  await expect(engineer.getByText("Not now")).toBeVisible();
});

test("the terminal takes Tab and still lets go", async ({ pageOf, apiOf, words }) => {
  const vm = await (await apiOf("engineer")).vm("test-shop-web-01");
  const page = await pageOf("engineer");
  await page.goto(`${homeOf("engineer")}/vms/${vm.id}?tab=console`);
  await expect(page.locator(".console[data-phase=open]")).toBeVisible();
  const field = page.locator(".xterm textarea");
  await expect(field).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(field).toBeFocused();
  await page.keyboard.press("Shift+F6");
  await expect(page.getByRole("button", { name: words("consoles.keys") })).toBeFocused();
});

test("single keys can be switched off", async ({ pageOf, words }) => {
  const page = await pageOf("approver");
  await page.goto(`${homeOf("approver")}/me`);
  await page.getByRole("switch", { name: words("me.shortcuts") }).click();
  await page.goto(`${homeOf("approver")}/approvals`);
  const panel = page.getByRole("article");
  await expect(panel.getByRole("button", { name: words("approvals.approve") })).toBeEnabled();
  await expect(page.getByText(words("approvals.keys.off"))).toBeVisible();
  await page.keyboard.press("a");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("nothing moves for people who asked for less motion", async ({ pageOf, apiOf, words }) => {
  const vm = await (await apiOf("engineer")).vm("test-shop-web-01");
  const page = await pageOf("engineer", { reducedMotion: "reduce" });
  const moving = () =>
    page.evaluate(() => {
      const running = document.getAnimations().filter((animation) => animation.playState === "running");
      return running.map(
        (one) => `${(one.effect as KeyframeEffect)?.target?.className} ${one.constructor.name}`,
      );
    });
  // Held back, so that the page stays in its loading state while it is looked at.
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(`**/api/v1/vms/${vm.id}`, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${homeOf("engineer")}/vms/${vm.id}`);
  await expect(page.locator(".skeleton")).toBeVisible();
  expect(await moving()).toEqual([]);
  release();
  await page.getByRole("button", { name: words("vms.act.more") }).click();
  await expect(page.getByRole("menu")).toBeVisible();
  expect(await moving()).toEqual([]);
  await page.getByRole("menuitem", { name: words("vms.act.stop") }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  expect(await moving()).toEqual([]);
});
