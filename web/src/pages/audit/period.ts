/** Periods of the audit: a few that people say, or two moments typed in this browser's own time. */
export const periods = {
  hour: 3600_000,
  day: 24 * 3600_000,
  week: 7 * 24 * 3600_000,
  month: 30 * 24 * 3600_000,
};
export type Period = keyof typeof periods;

export interface Range {
  since?: string | undefined;
  until?: string | undefined;
}

/** Which of the periods a range is, as long as it ends now; a tenth of its length is allowed to have passed since. */
export function periodOf({ since, until }: Range, now: number): Period | undefined {
  if (!since || until) return undefined;
  const length = now - Date.parse(since);
  return (Object.keys(periods) as Period[]).find(
    (name) => length >= periods[name] && length < periods[name] * 1.1,
  );
}

export function rangeOf(period: Period | undefined, now: number): Range {
  return period
    ? { since: new Date(now - periods[period]).toISOString(), until: undefined }
    : { since: undefined, until: undefined };
}

/** `2026-11-20T09:30` as a field of this browser shows it. */
export function toField(moment: string | undefined): string {
  if (!moment) return "";
  const at = new Date(moment);
  if (Number.isNaN(at.getTime())) return "";
  const two = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

export function fromField(text: string): string | undefined {
  const at = new Date(text);
  return text === "" || Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
