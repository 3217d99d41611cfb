/**
 * Saved views: a list with its filters, under a name. Kept in this browser for each person apart; what is in the
 * address bar is all there is to a view, and the list's own reading of it drops what no longer fits.
 */
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { useSession } from "./session";

export const viewLists = ["vms", "requests", "audit"] as const;
export type ViewList = (typeof viewLists)[number];
export type ViewSearch = Record<string, string | number | boolean>;

export interface View {
  list: ViewList;
  name: string;
  search: ViewSearch;
}

/** What a view keeps of an address: no single event that is open, nothing that is not set. */
export function viewSearch(search: Record<string, unknown>): ViewSearch {
  const kept = Object.entries(search).filter(
    ([name, value]) => name !== "event" && ["string", "number", "boolean"].includes(typeof value),
  );
  return Object.fromEntries(kept.sort(([a], [b]) => a.localeCompare(b))) as ViewSearch;
}

export const sameSearch = (a: ViewSearch, b: ViewSearch): boolean =>
  JSON.stringify(viewSearch(a)) === JSON.stringify(viewSearch(b));

/** Storage is shared with whatever else runs here: only what looks like a view is taken. */
export function readViews(text: string | null): View[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(found)) return [];
    return found.flatMap((one: Partial<View> | null) =>
      one &&
      typeof one.name === "string" &&
      viewLists.some((list) => list === one.list) &&
      typeof one.search === "object" &&
      one.search !== null
        ? [{ list: one.list as ViewList, name: one.name.slice(0, 60), search: viewSearch(one.search) }]
        : [],
    );
  } catch {
    return [];
  }
}

/** The views with this one in the place of an older one of its name, or at the end; sorted as people look for them. */
export function withView(views: readonly View[], view: View): View[] {
  const others = views.filter((old) => old.list !== view.list || old.name !== view.name);
  return [...others, view].sort((a, b) => a.name.localeCompare(b.name));
}

const listeners = new Set<() => void>();
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // Another tab may save one as well.
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

export function useViews() {
  const { person } = useSession();
  const key = `shepherd.views.${person.id}`;
  const text = useSyncExternalStore(
    subscribe,
    useCallback(() => localStorage.getItem(key), [key]),
  );
  const views = useMemo(() => readViews(text), [text]);
  const write = (next: View[]) => {
    localStorage.setItem(key, JSON.stringify(next));
    for (const listener of listeners) listener();
  };
  return {
    views,
    save: (view: View) => write(withView(views, view)),
    remove: (view: View) => write(views.filter((old) => old.list !== view.list || old.name !== view.name)),
  };
}
