import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import glossary from "./glossary.json";

const folder = join(import.meta.dirname, "locales/");
const languages = readdirSync(folder);

/** Every message of a language as `file.key` to text. */
function messages(language: string): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (value: unknown, path: string) => {
    if (typeof value === "string") found.set(path, value);
    else for (const [key, inner] of Object.entries(value as object)) walk(inner, `${path}.${key}`);
  };
  for (const file of readdirSync(`${folder}${language}`))
    walk(JSON.parse(readFileSync(`${folder}${language}/${file}`, "utf8")), file.replace(".json", ""));
  return found;
}

/** Plural forms differ by language: `count_one` and `count_other` are one message, `count`. */
const base = (key: string) => key.replace(/_(zero|one|two|few|many|other)$/, "");
const baseKeys = (language: string) => [...new Set([...messages(language).keys()].map(base))].sort();
const variables = (text: string) => [...new Set(text.match(/{{\s*(\w+)/g) ?? [])].sort();

describe.each(languages)("%s", (language) => {
  const all = messages(language);

  it("has exactly the keys of English", () => {
    expect(baseKeys(language)).toEqual(baseKeys("en"));
  });

  it("has no empty message", () => {
    expect([...all].filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  it("uses the same variables as English", () => {
    const english = new Map<string, string[]>();
    for (const [key, text] of messages("en"))
      english.set(base(key), [...new Set([...(english.get(base(key)) ?? []), ...variables(text)])].sort());
    for (const [key, text] of all)
      for (const variable of variables(text)) expect(english.get(base(key)), key).toContain(variable);
  });

  it("has every plural form that the language needs", () => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const plural = new Set([...all.keys()].filter((key) => key !== base(key)).map(base));
    for (const key of plural) for (const form of forms) expect([...all.keys()]).toContain(`${key}_${form}`);
  });

  it("keeps to the glossary", () => {
    const wrong: string[] = [];
    for (const { avoid } of glossary.terms)
      for (const word of avoid[language as "en" | "zh"] ?? [])
        for (const [key, text] of all)
          if (new RegExp(language === "en" ? `\\b${word}` : word, "i").test(text))
            wrong.push(`${key}: ${word}`);
    expect(wrong).toEqual([]);
  });
});

it("every message file has its line in messages.ts", () => {
  const source = readFileSync(join(import.meta.dirname, "messages.ts"), "utf8");
  for (const file of readdirSync(`${folder}en`)) expect(source).toContain(`./locales/en/${file}`);
});
