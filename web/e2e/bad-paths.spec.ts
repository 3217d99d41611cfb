/** What goes wrong: each is shown where it happens, in words that say what to do, and nothing is lost. */
import { address, fresh, homeOf } from "./support/api";
import { answers, killServer } from "./support/instance";
import { expect, test } from "./support/test";

test("whoever asks cannot decide, whatever else they may do", async ({ apiOf, browserOf, words }) => {
  // Somebody who is engineer and approver at once; with an account of their own, and so with a first password.
  const admin = await apiOf("admin");
  const [both, system] = [fresh("both-"), fresh("solo-")];
  const initial = await admin.createPerson(both, "Bo Both", ["engineer", "approver"]);
  const page = await (await browserOf()).newPage();
  const password = "a long enough sentence";

  await test.step("the first password opens nothing but its change", async () => {
    await page.goto(homeOf(both));
    await page.getByLabel(words("session.name")).fill(both);
    await page.getByLabel(words("session.password")).fill(initial);
    await page.getByRole("button", { name: words("session.signIn"), exact: true }).click();
    await expect(page).toHaveURL(/new-password/);
    await page.getByLabel(words("session.change.current")).fill(initial);
    await page.getByLabel(words("session.change.new"), { exact: true }).fill(password);
    await page.getByLabel(words("session.change.repeat")).fill(password);
    await page.getByRole("button", { name: words("session.change.submit") }).click();
    await expect(page.getByRole("heading", { name: words("frame.home") })).toBeVisible();
  });
  await test.step("a system and a service of their own", async () => {
    await page.goto(`${homeOf(both)}/systems`);
    await page
      .getByRole("button", { name: words("systems.new.title") })
      .first()
      .click();
    await page.getByRole("dialog").getByLabel(words("common.name")).fill(system);
    await page.getByRole("button", { name: words("systems.new.create") }).click();
    await expect(page.getByRole("heading", { name: system })).toBeVisible();
    await page
      .getByRole("button", { name: words("systems.newService.title") })
      .first()
      .click();
    await page.getByRole("dialog").getByLabel(words("common.name")).fill("app");
    await page.getByRole("button", { name: words("systems.newService.create") }).click();
    await expect(page.getByRole("heading", { name: "app" })).toBeVisible();
  });
  await test.step("their own request is not theirs to decide", async () => {
    await page
      .getByRole("link", { name: words("requests.new.title") })
      .first()
      .click();
    await page.getByRole("button", { name: words("requests.new.submit") }).click();
    await expect(page.getByText(words("codes.SELF_APPROVAL"))).toBeVisible();
    const id = page.url().match(/requests\/([^/?]+)/)?.[1] ?? "";
    await page.goto(`${homeOf(both)}/approvals?id=${id}`);
    await expect(page.getByText(words("codes.SELF_APPROVAL"))).toBeVisible();
    await expect(
      page.getByRole("article").getByRole("button", { name: words("approvals.approve") }),
    ).toBeDisabled();
    await page.keyboard.press("a");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await page.goto(`${homeOf(both)}/requests/${id}`);
    await page.getByRole("button", { name: words("requests.cancel.verb") }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: words("requests.cancel.verb") })
      .click();
    await expect(page.getByText(words("states.request.cancelled"))).toBeVisible();
  });
});

test("a decision on other content than the present is refused", async ({ apiOf, pageOf, words, log }) => {
  const engineer = await apiOf("engineer");
  const asked = await engineer.requestVm("Stale", "To be changed under the approver's eyes");
  const page = await pageOf("approver");
  await page.goto(`${homeOf("approver")}/approvals?id=${asked.id}`);
  await test.step("the hash that was read is not the one that is stored", async () => {
    log.expect(/409 .*\/approve/);
    await page.route("**/approve", async (route) => {
      const body = { ...route.request().postDataJSON(), spec_hash: "0".repeat(64) };
      await route.continue({ postData: JSON.stringify(body) });
    });
    await page
      .getByRole("article")
      .getByRole("button", { name: words("approvals.approve") })
      .click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: words("approvals.approve") }).click();
    await expect(dialog.getByRole("alert")).toContainText(words("codes.SPEC_CHANGED"));
    await expect(dialog.getByText("SPEC_CHANGED")).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
  });
  await test.step("it is withdrawn while it is being read", async () => {
    await engineer.post(`requests/${asked.id}/cancel`, {});
    await expect(page.getByRole("alert").getByText(words("approvals.changed.title"))).toBeVisible();
    await expect(
      page.getByRole("article").getByRole("button", { name: words("approvals.approve") }),
    ).toBeDisabled();
    await page.getByRole("button", { name: words("approvals.changed.load") }).click();
    await expect(page.getByText(words("states.request.cancelled")).first()).toBeVisible();
  });
});

test("the server goes away and comes back", async ({ apiOf, pageOf, words, log }) => {
  log.expect(/ERR_/);
  const page = await pageOf("approver");
  await page.goto(`${homeOf("approver")}/approvals`);
  const queue = page.getByRole("navigation", { name: words("approvals.title") });
  await expect(queue).toBeVisible();
  // Held off until there is something to catch up with; killing ends the stream that is open.
  await page.route("**/api/v1/events", (route) => route.abort("connectionrefused"));
  killServer(address().href);
  await expect(page.getByText(words("frame.offline.title"))).toBeVisible();
  await expect.poll(() => answers(address().href), { message: "it is started again" }).toBe(true);
  const engineer = await apiOf("engineer");
  const asked = await engineer.requestVm("Meanwhile", "Asked while the approver was offline");
  await expect(queue.getByText(`R-${asked.number} `)).toHaveCount(0);
  await page.unroute("**/api/v1/events");
  await page.getByRole("button", { name: words("frame.offline.retry") }).click();
  await expect(page.getByText(words("frame.offline.back"))).toBeVisible();
  await expect(queue.getByText(`R-${asked.number} `)).toBeVisible();
  await expect(page.getByText(words("frame.offline.title"))).toHaveCount(0);
  await engineer.post(`requests/${asked.id}/cancel`, {});
});

test("what is not there and what is not shared look the same", async ({ apiOf, pageOf, words, log }) => {
  const hidden = await (await apiOf("admin")).post<{ id: string }>("systems", { name: fresh("hidden-") });
  const page = await pageOf("engineer");
  await page.goto(`${homeOf("engineer")}/no/such/page`);
  await expect(page.getByRole("heading", { name: words("states.notShared.title") })).toBeVisible();
  log.expect(/404 .*\/systems\//);
  const texts: (string | null)[] = [];
  for (const id of [hidden.id, "01900000-0000-7000-8000-000000000000"]) {
    await page.goto(`${homeOf("engineer")}/systems/${id}`);
    await expect(page.getByRole("heading", { name: words("states.notShared.title") })).toBeVisible();
    texts.push(await page.locator("main").textContent());
  }
  expect(texts[0]).toBe(texts[1]);
  await page.getByRole("link", { name: words("states.notShared.home") }).click();
  await expect(page.getByRole("heading", { name: words("frame.home") })).toBeVisible();
});

test("a session that is ended elsewhere", async ({ pageOf, words, log }) => {
  log.expect(/401 .*\/api\/v1\//);
  const here = await pageOf("auditor", { userAgent: "Shepherd-E2E/left-behind" });
  await here.goto(`${homeOf("auditor")}/clusters`);
  await expect(here.getByRole("heading", { name: words("clusters.title") })).toBeVisible();
  const there = await pageOf("auditor", { userAgent: "Shepherd-E2E/elsewhere" });
  await there.goto(`${homeOf("auditor")}/me?tab=sessions`);
  const row = there.getByRole("row").filter({ hasText: "left-behind" });
  await row.getByRole("button", { name: words("me.sessions.end") }).click();
  await expect(row).toHaveCount(0);
  await expect(here.getByText(words("session.expired"))).toBeVisible();
  await test.step("signing in again leads back", async () => {
    await here.getByRole("button", { name: /Otto Auditor/ }).click();
    await expect(here).toHaveURL(`${homeOf("auditor")}/clusters`);
    await expect(here.getByRole("heading", { name: words("clusters.title") })).toBeVisible();
  });
});

test("a console link that is used already", async ({ apiOf, pageOf, words, log }) => {
  log.expect(/WebSocket connection .* failed/);
  const vm = await (await apiOf("engineer")).vm("test-shop-web-01");
  const page = await pageOf("engineer");
  const first = page.waitForEvent("websocket");
  await page.goto(`${homeOf("engineer")}/vms/${vm.id}?tab=console`);
  const open = page.locator(".console[data-phase=open]");
  await expect(open).toBeVisible();
  // The next console that the page opens gets the link of the last one.
  await page.addInitScript((used) => {
    const Real = WebSocket;
    window.WebSocket = class extends Real {
      constructor(_: string | URL, protocols?: string | string[]) {
        super(used, protocols);
        window.WebSocket = Real;
      }
    };
  }, (await first).url());
  await page.reload();
  await expect(page.getByText(words("consoles.ended.refused"))).toBeVisible();
  await page.getByRole("button", { name: words("consoles.reconnect") }).click();
  await expect(open).toBeVisible();
});
