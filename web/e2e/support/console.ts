/** What a person does at a console: read the terminal, type at it, look at the screen. */
import { expect, type Locator, type Page } from "@playwright/test";

export class Terminal {
  readonly #page: Page;
  readonly #box: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.#box = page.locator(".xterm");
  }

  /** Types a line and waits until the guest has said what is expected. */
  async type(line: string): Promise<void> {
    await this.#box.locator("textarea").focus();
    await this.#page.keyboard.type(line);
    await this.#page.keyboard.press("Enter");
  }

  /** The rows as a screen reader finds them. */
  async shows(text: string | RegExp): Promise<void> {
    await expect(this.#box.locator(".xterm-accessibility-tree")).toContainText(text);
  }
}

/** How many different colours are on the guest's screen; a blank one has one. */
export function coloursOnScreen(page: Page): Promise<number> {
  return page.locator(".vnc-box canvas").evaluate((element) => {
    const screen = element as HTMLCanvasElement;
    // On a copy: reading the canvas itself again and again would slow it down.
    const copy = new OffscreenCanvas(screen.width, screen.height).getContext("2d", {
      willReadFrequently: true,
    });
    copy?.drawImage(screen, 0, 0);
    const pixels = copy?.getImageData(0, 0, screen.width, screen.height).data;
    return new Set(pixels ? new Uint32Array(pixels.buffer) : []).size;
  });
}
