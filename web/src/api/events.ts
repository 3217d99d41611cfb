/**
 * Live changes: reads `GET /api/v1/events` and says which cached answers went stale.
 *
 * An event carries no payload, only `{kind, resource_id, version}`. Its SSE `id:` is an opaque horizon; sending it
 * back as `Last-Event-ID` replays everything after it, perhaps some twice, never with a gap. So versions already
 * seen are dropped here, and after a break without a horizon everything on screen is read again.
 * `fetch` is used because `EventSource` can neither send that header by itself nor tell a refusal from a break.
 */
import { createParser } from "eventsource-parser";

export type LinkState = "connecting" | "live" | "offline" | "refused";

export interface Change {
  kind: string;
  resource_id: string;
  version: number;
}

export interface EventsOptions {
  url?: string;
  fetcher?: typeof fetch;
  onChange: (change: Change) => void;
  /** The stream is back and cannot replay what was missed: read everything again. */
  onGap: () => void;
  onState: (state: LinkState) => void;
  /** No byte for this long means the line is dead; the server sends a comment at least every 15 s. */
  silenceMs?: number;
  retryMs?: (attempt: number) => number;
}

const defaultRetry = (attempt: number) => Math.min(15_000, 500 * 2 ** Math.min(attempt, 5));
/** Versions remembered; a repeat that fell out of memory costs one needless read, nothing more. */
const remembered = 20_000;

export class EventStream {
  readonly #options: Required<EventsOptions>;
  readonly #versions = new Map<string, number>();
  #horizon: string | null = null;
  #attempt = 0;
  #connectedBefore = false;
  #stopped = false;
  #abort: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: EventsOptions) {
    this.#options = {
      url: "/api/v1/events",
      fetcher: (...args) => fetch(...args),
      silenceMs: 45_000,
      retryMs: defaultRetry,
      ...options,
    };
  }

  start(): void {
    this.#stopped = false;
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#abort?.abort();
  }

  /** Tries again at once, for a person who does not want to wait for the next attempt. */
  retryNow(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#attempt = 0;
    void this.#run();
  }

  async #run(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    if (!this.#connectedBefore) this.#options.onState("connecting");
    try {
      const headers: Record<string, string> = { accept: "text/event-stream" };
      if (this.#horizon) headers["last-event-id"] = this.#horizon;
      const response = await this.#options.fetcher(this.#options.url, {
        headers,
        signal: abort.signal,
        cache: "no-store",
        credentials: "same-origin",
      });
      if (response.status === 401 || response.status === 403) {
        this.#options.onState("refused");
        return;
      }
      if (!response.ok || !response.body) throw new Error(`events answered ${response.status}`);
      this.#opened();
      await this.#read(response.body, abort);
    } catch {
      // A break is normal (sleep, restart, proxy); the state below is what people see of it.
    }
    if (this.#stopped || this.#abort !== abort) return;
    this.#options.onState("offline");
    this.#timer = setTimeout(() => void this.#run(), this.#options.retryMs(this.#attempt++));
  }

  #opened(): void {
    this.#attempt = 0;
    this.#options.onState("live");
    if (this.#connectedBefore && this.#horizon === null) this.#options.onGap();
    this.#connectedBefore = true;
  }

  async #read(body: ReadableStream<Uint8Array>, abort: AbortController): Promise<void> {
    const parser = createParser({
      onEvent: (event) => {
        if (event.id !== undefined) this.#horizon = event.id;
        if (event.event === "resync") this.#options.onGap();
        else this.#change(event.data);
      },
    });
    const decoder = new TextDecoder();
    const reader = body.getReader();
    let silence: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => abort.abort(), this.#options.silenceMs);
    };
    try {
      heard();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        heard();
        parser.feed(decoder.decode(value, { stream: true }));
      }
    } finally {
      clearTimeout(silence);
    }
  }

  #change(data: string): void {
    let change: Change;
    try {
      change = JSON.parse(data) as Change;
    } catch {
      return;
    }
    if (typeof change?.kind !== "string" || typeof change.resource_id !== "string") return;
    const seen = `${change.kind}/${change.resource_id}`;
    // Version 0 says that something about the resource changed, such as what its cluster reports, but not its row.
    if (change.version > 0) {
      const known = this.#versions.get(seen);
      if (known !== undefined && change.version <= known) return;
      if (this.#versions.size >= remembered) this.#versions.clear();
      this.#versions.set(seen, change.version);
    }
    this.#options.onChange(change);
  }
}
