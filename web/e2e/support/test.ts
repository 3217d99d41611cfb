/** `test` with what all browser tests share: people with pages, the API, words, and the browser's log kept clean. */
import {
  type BrowserContext,
  type BrowserContextOptions,
  test as base,
  expect,
  type Page,
} from "@playwright/test";
import { Api, address, homeOf, type Person, people } from "./api";
import { BrowserLog } from "./log";
import { type Language, type Words, wordsOf } from "./words";

interface Fixtures {
  log: BrowserLog;
  /** A browser of its own: nothing is shared with another one. */
  browserOf: (options?: BrowserContextOptions) => Promise<BrowserContext>;
  /** A page on which a sample person is signed in already. */
  pageOf: (person: Person, options?: BrowserContextOptions) => Promise<Page>;
  apiOf: (person: Person) => Promise<Api>;
  words: Words;
}

export const test = base.extend<Fixtures & { language: Language }>({
  language: ["en", { option: true }],
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the names in it
  log: async ({}, use) => {
    const log = new BrowserLog();
    await use(log);
    log.check();
  },
  words: async ({ language }, use) => use(await wordsOf(language)),
  browserOf: async ({ browser, log, language }, use) => {
    const open: BrowserContext[] = [];
    await use(async (options) => {
      const locale = language === "zh" ? "zh-CN" : "en-GB";
      const context = await browser.newContext({ locale, ...options });
      log.watch(context);
      open.push(context);
      return context;
    });
    await Promise.all(open.map((context) => context.close()));
  },
  pageOf: async ({ browserOf }, use) => {
    await use(async (person, options) => {
      const context = await browserOf(options);
      const page = await context.newPage();
      await signIn(page, person);
      return page;
    });
  },
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the names in it
  apiOf: async ({}, use) => {
    const open: Api[] = [];
    await use(async (person) => {
      const api = await Api.as(person);
      open.push(api);
      return api;
    });
    await Promise.all(open.map((api) => api.close()));
  },
});

/** The one click: from the common address to the person's own, signed in. */
export async function signIn(page: Page, person: Person): Promise<void> {
  await page.goto(address().href);
  await page.getByRole("button", { name: people[person] }).click();
  await expect(page).toHaveURL(`${homeOf(person)}/`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
}

export { expect };
