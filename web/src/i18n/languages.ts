/**
 * Languages are folders. Each folder under `locales/` holds one JSON file per part of the console, with `meta.json`
 * naming the language; a new folder is a new language, without any code. A language loads only when it is used.
 * The parts in `later.json` are not needed for the first page: pages that need them wait for `moreMessages`.
 */
import type { Locale } from "antd/es/locale";
import i18next, { type i18n as I18n } from "i18next";
import { initReactI18next } from "react-i18next";
import { addFormats } from "./formats";
import later from "./later.json";

export interface LanguageMeta {
  /** The language's own name, as its readers write it. */
  name: string;
  /** BCP 47 tag for `<html lang>` and for `Intl`. */
  tag: string;
}

type Loader = () => Promise<Record<string, unknown>>;
export type Bundle = Record<string, Record<string, unknown>>;

/** What the folders hold: the names at once, the messages on demand. */
export interface LanguageSource {
  metas: Record<string, LanguageMeta>;
  files: Record<string, Loader>;
}

export const shipped: LanguageSource = {
  metas: import.meta.glob<LanguageMeta>("./locales/*/meta.json", { eager: true, import: "default" }),
  files: import.meta.glob<Record<string, unknown>>("./locales/*/*.json", { import: "default" }),
};

const pathPattern = /\/locales\/([^/]+)\/([^/]+)\.json$/;
const storageKey = "shepherd.language";
export const fallbackLanguage = "en";

export function languagesOf(source: LanguageSource): { code: string; meta: LanguageMeta }[] {
  return Object.entries(source.metas)
    .map(([path, meta]) => ({ code: pathPattern.exec(path)?.[1] ?? "", meta }))
    .filter((language) => language.code !== "")
    .sort((a, b) => a.code.localeCompare(b.code));
}

export const isLater = (part: string) => later.includes(part);

export async function loadBundle(
  source: LanguageSource,
  code: string,
  wants: (part: string) => boolean = () => true,
): Promise<Bundle> {
  const bundle: Bundle = {};
  const wanted = Object.entries(source.files).flatMap(([path, load]) => {
    const match = pathPattern.exec(path);
    return match?.[1] === code && match[2] && wants(match[2]) ? [{ part: match[2], load }] : [];
  });
  await Promise.all(
    wanted.map(async ({ part, load }) => {
      bundle[part] = await load();
    }),
  );
  return bundle;
}

/** The best of the known languages for what the browser or the person prefers. */
export function pickLanguage(known: string[], preferred: readonly string[]): string {
  for (const tag of preferred) {
    const base = tag.toLowerCase().split("-")[0] ?? "";
    const found = known.find(
      (code) => code.toLowerCase() === tag.toLowerCase() || code.toLowerCase() === base,
    );
    if (found) return found;
  }
  return fallbackLanguage;
}

export async function startI18n(source: LanguageSource = shipped, wanted?: string): Promise<I18n> {
  const known = languagesOf(source).map((language) => language.code);
  const stored = localStorage.getItem(storageKey);
  const language = wanted ?? pickLanguage(known, [...(stored ? [stored] : []), ...navigator.languages]);
  const instance = i18next.createInstance();
  await instance.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    ns: ["console"],
    defaultNS: "console",
    resources: { [language]: { console: await loadBundle(source, language, (part) => !isLater(part)) } },
    // React escapes what it renders; escaping here as well would show entities to people.
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  addFormats(instance);
  tagDocument(source, language);
  running = { instance, source };
  return instance;
}

let running: { instance: I18n; source: LanguageSource } | undefined;
const complete = new WeakMap<I18n, Map<string, Promise<void>>>();

/** All words of a language, once; a load that failed is tried again by the next who asks. */
function completed(instance: I18n, source: LanguageSource, code: string): Promise<void> {
  const known = complete.get(instance) ?? new Map<string, Promise<void>>();
  complete.set(instance, known);
  const started =
    known.get(code) ??
    loadBundle(source, code).then(
      (bundle) => void instance.addResourceBundle(code, "console", bundle, true, true),
      (error: unknown) => {
        known.delete(code);
        throw error;
      },
    );
  known.set(code, started);
  return started;
}

/** The words that the first page does without. A page that says them is loaded together with this. */
export async function moreMessages(): Promise<void> {
  if (running) await completed(running.instance, running.source, running.instance.language);
}

/** Loads a language if need be and switches to it; remembers the choice in this browser. */
export async function switchLanguage(instance: I18n, code: string, source: LanguageSource = shipped) {
  await completed(instance, source, code);
  localStorage.setItem(storageKey, code);
  await instance.changeLanguage(code);
  tagDocument(source, code);
}

/** The account's language, unless this browser has its own choice. */
export async function adoptLanguage(instance: I18n, code: string): Promise<void> {
  const known = languagesOf(shipped).some((language) => language.code === code);
  if (!known || localStorage.getItem(storageKey) || instance.language === code) return;
  await switchLanguage(instance, code);
  localStorage.removeItem(storageKey);
}

function tagDocument(source: LanguageSource, code: string): void {
  const meta = languagesOf(source).find((language) => language.code === code)?.meta;
  document.documentElement.lang = meta?.tag ?? code;
}

/** The few words Ant Design shows by itself come from the same folder (`antd.json`), not from its own locales. */
export function antdLocale(instance: I18n): Locale {
  const words = instance.getResourceBundle(instance.language, "console")?.antd ?? {};
  return { locale: instance.language, ...words } as Locale;
}
