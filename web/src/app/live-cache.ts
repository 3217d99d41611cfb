/**
 * Applies live changes to the cache. Changes are gathered for a moment, so a burst costs one read per answer.
 * A row that is on screen is fetched alone and replaced in place; other lists are only marked stale, unless they
 * are short (one page), which are read again. So ten thousand rows stay where they are whatever arrives.
 */
import {
  hashKey,
  type InfiniteData,
  type Query,
  type QueryClient,
  type QueryKey,
} from "@tanstack/react-query";
import type { Change } from "~/api/events";
import { effectOf, keys, type Resource, staleKeys } from "~/api/keys";
import { isNotFound } from "~/api/problem";
import type { Page } from "~/api/queries/paging";
import { requestQuery } from "~/api/queries/requests";
import { vmQuery } from "~/api/queries/vms";
import { freshRows } from "./fresh-rows";

type Row = { id: string };
type Rows = InfiniteData<Page<Row>>;

const gatherMs = 150;
/** More changed rows than this in one moment: reading the lists again is cheaper than reading rows one by one. */
const patchLimit = 20;

export class LiveCache {
  readonly #client: QueryClient;
  readonly #pending = new Map<string, Change>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: QueryClient) {
    this.#client = client;
  }

  take(change: Change): void {
    this.#pending.set(`${change.kind}/${change.resource_id}`, change);
    this.#timer ??= setTimeout(() => void this.flush(), gatherMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async flush(): Promise<void> {
    this.#timer = undefined;
    const changes = [...this.#pending.values()];
    this.#pending.clear();
    const stale = new Map<string, QueryKey>();
    for (const change of changes)
      for (const key of staleKeys(change.kind, change.resource_id)) stale.set(hashKey(key), key);
    for (const key of stale.values()) {
      if (key[1] === "list" && (key[0] === "vms" || key[0] === "requests")) continue;
      for (const query of this.#client.getQueryCache().findAll({ queryKey: key })) this.#readAgain(query);
      void this.#client.invalidateQueries({ queryKey: key });
    }
    await Promise.all([
      this.#patch("vms", changes, (id) => this.#client.fetchQuery({ ...vmQuery(id), staleTime: 0 })),
      this.#patch("requests", changes, (id) =>
        this.#client.fetchQuery({ ...requestQuery(id), staleTime: 0 }),
      ),
    ]);
  }

  /**
   * A first answer that is under way may have been made before the change, and is not asked for anew by invalidating
   * it: so that is done when it has come. Until then it stays, or changes in quick succession would hold it off.
   */
  #readAgain(query: Query): void {
    if (query.state.fetchStatus !== "fetching" || query.state.data !== undefined) return;
    const again = () => void this.#client.invalidateQueries({ queryKey: query.queryKey, exact: true });
    // If it fails, whoever shows it says so and asks anew.
    query.promise?.then(again, () => undefined);
  }

  async #patch(
    resource: "vms" | "requests",
    changes: Change[],
    read: (id: string) => Promise<Row>,
  ): Promise<void> {
    const touched = changes.filter((change) => effectOf(change.kind)?.lists.includes(resource as Resource));
    if (touched.length === 0) return;
    const own = new Set(touched.filter((c) => effectOf(c.kind)?.own === resource).map((c) => c.resource_id));
    const shortLists = touched.length !== own.size || own.size > patchLimit;
    for (const query of this.#client.getQueryCache().findAll({ queryKey: keys.lists(resource) })) {
      this.#readAgain(query);
      const data = query.state.data as Rows | undefined;
      const unpaged = query.queryKey[2] === "few";
      const known = data && !unpaged ? idsOf(data) : new Set<string>();
      const strangers = [...own].some((id) => !known.has(id));
      if (unpaged || (data && data.pages.length <= 1 && (strangers || shortLists))) {
        void this.#client.invalidateQueries({ queryKey: query.queryKey, exact: true });
      } else if (strangers || own.size > patchLimit) {
        freshRows.note(hashKey(query.queryKey));
      }
    }
    if (own.size > patchLimit) return;
    const shown = [...own].filter((id) => this.#isShown(resource, id));
    await Promise.all(shown.map((id) => this.#replace(resource, id, read)));
  }

  #isShown(resource: Resource, id: string): boolean {
    return this.#client
      .getQueriesData<Rows>({ queryKey: keys.lists(resource) })
      .some(([, data]) => data !== undefined && "pages" in data && idsOf(data).has(id));
  }

  async #replace(resource: Resource, id: string, read: (id: string) => Promise<Row>): Promise<void> {
    let row: Row | null;
    try {
      row = await read(id);
    } catch (error) {
      if (!isNotFound(error)) return;
      row = null;
    }
    this.#client.setQueriesData<Rows>({ queryKey: keys.lists(resource) }, (data) =>
      data && "pages" in data ? replaceRow(data, id, row) : data,
    );
  }
}

function idsOf(data: Rows): Set<string> {
  return new Set(data.pages.flatMap((page) => page.items.map((item) => item.id)));
}

/** The same pages with one row changed, or taken out when it may no longer be seen. */
export function replaceRow(data: Rows, id: string, row: Row | null): Rows {
  const pages = data.pages.map((page) => {
    if (!page.items.some((item) => item.id === id)) return page;
    const items = row
      ? page.items.map((item) => (item.id === id ? { ...item, ...row } : item))
      : page.items.filter((item) => item.id !== id);
    return { ...page, items };
  });
  return { ...data, pages };
}
