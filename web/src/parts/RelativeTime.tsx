/** "3 minutes ago", with the absolute time on hover and one click to copy it. One clock ticks for the whole page. */
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { useCopy } from "./copy";
import { absoluteTime, relativeTime } from "./time";

let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  now = Date.now();
  for (const each of listeners) each();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // The first age on a page is read off a fresh clock; React looks again right after subscribing.
  if (listeners.size === 1) now = Date.now();
  timer ??= setInterval(tick, 15_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time of the page's clock, for ages that must move on without a new answer. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** `plain` inside another button or link, where it cannot be a button of its own. */
export function RelativeTime({ at, plain = false }: { at: string; plain?: boolean }) {
  const { t, i18n } = useTranslation();
  const { copied, copy } = useCopy();
  const current = useNow();
  const moment = Date.parse(at);
  const absolute = absoluteTime(moment, i18n.language);
  const text = relativeTime(moment, current, i18n.language) ?? t("common.justNow");
  if (plain)
    return (
      <time dateTime={at} title={absolute} className="time">
        {text}
      </time>
    );
  return (
    <button type="button" className="plain-button time" title={absolute} onClick={() => copy(at)}>
      <time dateTime={at}>{copied ? t("common.copied") : text}</time>
    </button>
  );
}
