/**
 * What the browser complains about while a test runs: errors in its log and in scripts. A test that expects some,
 * because it breaks something on purpose, says so; every other complaint fails it, and so does one that stays out.
 */
import { type BrowserContext, expect } from "@playwright/test";

export class BrowserLog {
  readonly #said: string[] = [];
  readonly #expected: RegExp[] = [];

  watch(context: BrowserContext): void {
    context.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      this.#said.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => {
      this.#said.push(`script: ${error.error().stack ?? error.error().message}`);
    });
  }

  /** This will be complained about, at least once. */
  expect(complaint: RegExp): void {
    this.#expected.push(complaint);
  }

  check(): void {
    const unexpected = this.#said.filter((line) => !this.#expected.some((pattern) => pattern.test(line)));
    expect(unexpected, "the browser's log").toEqual([]);
    for (const pattern of this.#expected)
      expect(
        this.#said.some((line) => pattern.test(line)),
        `the browser complains about ${pattern}`,
      ).toBe(true);
  }
}
