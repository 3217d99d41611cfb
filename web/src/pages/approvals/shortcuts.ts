/** Single-key shortcuts. They can be switched off (WCAG 2.1.4); they never fire while one types or a dialog is open. */
import { useEffect, useRef, useSyncExternalStore } from "react";

const storageKey = "shepherd.shortcuts";
const listeners = new Set<() => void>();

export function shortcutsOn(): boolean {
  return localStorage.getItem(storageKey) !== "off";
}

export function setShortcuts(on: boolean): void {
  localStorage.setItem(storageKey, on ? "on" : "off");
  for (const listener of listeners) listener();
}

export function useShortcutsOn(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, shortcutsOn);
}

function busy(target: EventTarget | null): boolean {
  if (document.querySelector('[role="dialog"], [role="menu"]:not([hidden])')?.checkVisibility?.())
    return true;
  return (
    target instanceof HTMLElement &&
    target.closest("input, textarea, select, [contenteditable=true]") !== null
  );
}

export function useShortcuts(actions: Record<string, () => void>): { on: boolean } {
  const on = useShortcutsOn();
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  useEffect(() => {
    if (!on) return;
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || busy(event.target))
        return;
      const action = latest.current[event.key.toLowerCase()];
      if (!action) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [on]);
  return { on };
}
