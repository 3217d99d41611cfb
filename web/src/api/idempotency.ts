/**
 * One key per submit. The same content sent again (a retry, an impatient second click) repeats its key, so the
 * server answers what it answered before; changed content or a finished submit takes a fresh key.
 */
import { useRef } from "react";

/** A v4 UUID; `crypto.randomUUID` is missing on plain http addresses other than loopback. */
export function randomKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class SubmitKey {
  #content = "";
  #key = "";

  /** The key for this content. */
  for(content: unknown): string {
    const text = JSON.stringify(content ?? null);
    if (!this.#key || text !== this.#content) {
      this.#content = text;
      this.#key = randomKey();
    }
    return this.#key;
  }

  /** The submit was answered for good: the next one is a new act, even with the same content. */
  finish(): void {
    this.#key = "";
  }
}

export function useSubmitKey(): SubmitKey {
  const ref = useRef<SubmitKey | null>(null);
  if (!ref.current) ref.current = new SubmitKey();
  return ref.current;
}
