/** Reading typed values out of the address bar. What does not fit is dropped, never an error: links get mangled. */
export type RawSearch = Record<string, unknown>;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function text(raw: RawSearch, name: string, maxLength = 100): string | undefined {
  const value = raw[name];
  const found = typeof value === "number" ? String(value) : value;
  return typeof found === "string" && found !== "" ? found.slice(0, maxLength) : undefined;
}

export function id(raw: RawSearch, name: string): string | undefined {
  const value = raw[name];
  return typeof value === "string" && uuid.test(value) ? value : undefined;
}

export function oneOf<T extends string>(raw: RawSearch, name: string, allowed: readonly T[]): T | undefined {
  return allowed.find((value) => value === raw[name]);
}

export function flag(raw: RawSearch, name: string): true | undefined {
  return raw[name] === true || raw[name] === "true" || raw[name] === 1 ? true : undefined;
}

export function whole(raw: RawSearch, name: string): number | undefined {
  const value = Number(raw[name]);
  return raw[name] !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** An RFC 3339 moment. */
export function moment(raw: RawSearch, name: string): string | undefined {
  const value = raw[name];
  return typeof value === "string" && !Number.isNaN(Date.parse(value)) ? value : undefined;
}

/** Only what is set, so that an empty filter leaves the address bar clean. */
export function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

/** A path inside this console to go on to after signing in; anything else leads to the start page. */
export function safeNext(value: unknown): string {
  const ours = typeof value === "string" && /^\/(?![/\\])/.test(value) && !/[\p{Cc}\\]/u.test(value);
  return ours ? value : "/";
}
