import { en, type Key, type Phrase } from "./en.js";
import { ru } from "./ru.js";

export type Language = "en" | "ru";
export type Values = Record<string, string | number>;

export const LANGUAGES: Record<Language, string> = { en: "English", ru: "Русский" };
export const DICTIONARIES: Record<Language, Record<Key, Phrase>> = { en, ru };

/** The phrase in a language; the value `count` chooses its plural form. */
export function translate(language: Language, key: Key, values: Values = {}): string {
  const phrase = DICTIONARIES[language][key];
  return formOf(phrase, language, values).replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? value.toLocaleString(language) : value;
  });
}

function formOf(phrase: Phrase, language: Language, { count }: Values): string {
  if (typeof phrase === "string") return phrase;
  const category = new Intl.PluralRules(language).select(Number(count ?? 0));
  return phrase[category] ?? phrase.other;
}
