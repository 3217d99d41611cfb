/** The console's words in a language, from the same files it reads, so that tests never repeat them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import i18next, { type TOptions } from "i18next";

export type Language = "en" | "zh";
export type Words = (key: string, values?: TOptions) => string;

export async function wordsOf(language: Language): Promise<Words> {
  const folder = join(import.meta.dirname, "../../src/i18n/locales", language);
  const messages = Object.fromEntries(
    readdirSync(folder).map((file) => [
      file.replace(".json", ""),
      JSON.parse(readFileSync(join(folder, file), "utf8")),
    ]),
  );
  const instance = i18next.createInstance();
  await instance.init({
    lng: language,
    fallbackLng: false,
    defaultNS: "console",
    resources: { [language]: { console: messages } },
    interpolation: { escapeValue: false },
  });
  return (key, values) => {
    const word = instance.t(key, values ?? {});
    if (word === key) throw new Error(`no such words: ${key}`);
    return word;
  };
}
