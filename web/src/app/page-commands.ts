/** What the page that is open can do, for the command palette. A page offers it while it is shown. */
import { useEffect, useRef, useSyncExternalStore } from "react";

export interface PageCommand {
  key: string;
  label: string;
  run: () => void;
}

let offered: PageCommand[] = [];
const listeners = new Set<() => void>();

function offer(commands: PageCommand[]): void {
  offered = commands;
  for (const listener of listeners) listener();
}

/** The commands of the page, for as long as it is open. Only their keys and labels decide whether they changed. */
export function useOffer(commands: PageCommand[]): void {
  const latest = useRef(commands);
  const shape = JSON.stringify(commands.map(({ key, label }) => [key, label]));
  useEffect(() => {
    latest.current = commands;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the shape stands for the commands, which are new each time
  useEffect(() => {
    const mine = latest.current.map(({ key, label }) => ({
      key,
      label,
      run: () => latest.current.find((command) => command.key === key)?.run(),
    }));
    offer(mine);
    return () => {
      if (offered === mine) offer([]);
    };
  }, [shape]);
}

export function usePageCommands(): PageCommand[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => offered,
  );
}
