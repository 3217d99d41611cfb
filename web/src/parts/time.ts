/** Relative and absolute time in the current language, without a date library: `Intl` knows every language. */
const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * 86400],
  ["month", 30 * 86400],
  ["week", 7 * 86400],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

/** `null` means "just now". */
export function relativeTime(at: number, now: number, language: string): string | null {
  const seconds = Math.round((at - now) / 1000);
  const found = units.find(([, size]) => Math.abs(seconds) >= size);
  if (!found) return null;
  const format = new Intl.RelativeTimeFormat(language, { numeric: "always", style: "long" });
  return format.format(Math.trunc(seconds / found[1]), found[0]);
}

/** A length of time such as "3 minutes": two units at most, the smaller dropped when it is zero. */
export function duration(milliseconds: number, language: string): string {
  const total = Math.max(0, Math.round(milliseconds / 1000));
  const parts: [number, string][] = [
    [Math.floor(total / 86400), "day"],
    [Math.floor((total % 86400) / 3600), "hour"],
    [Math.floor((total % 3600) / 60), "minute"],
    [total % 60, "second"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  const shown = first === -1 ? parts.slice(3) : parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown
    .map(([count, unit]) =>
      new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(count),
    )
    .join(" ");
}

export function absoluteTime(at: number, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(at);
}

export function shortDateTime(at: number, language: string): string {
  return new Intl.DateTimeFormat(language, {
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).format(at);
}
