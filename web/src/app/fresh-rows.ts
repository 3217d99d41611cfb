/** Which long lists have rows they do not show yet. The list offers to show them; it never moves by itself. */
import { useSyncExternalStore } from "react";

const lists = new Set<string>();
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

export const freshRows = {
  note(list: string): void {
    if (lists.has(list)) return;
    lists.add(list);
    tell();
  },
  clear(list: string): void {
    if (lists.delete(list)) tell();
  },
  has: (list: string): boolean => lists.has(list),
};

export function useFreshRows(list: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => freshRows.has(list),
  );
}
