import { describe, expect, it } from "vitest";
import { en, type Phrase } from "../src/i18n/en.js";
import { DICTIONARIES, translate } from "../src/i18n/translate.js";

const others = Object.entries(DICTIONARIES).filter(([language]) => language !== "en");

describe.each(others)("the dictionary of %s", (language, dictionary) => {
  it("has the keys that English has", () => {
    expect(Object.keys(dictionary).sort()).toEqual(Object.keys(en).sort());
  });

  it("puts the same values into each phrase", () => {
    for (const [key, phrase] of Object.entries(en)) {
      expect([key, placeholders(dictionary[key as keyof typeof en])]).toEqual([key, placeholders(phrase)]);
    }
  });

  it("has each form that the language needs where numbers are counted", () => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    for (const phrase of Object.values(dictionary)) {
      if (typeof phrase !== "string")
        expect(Object.keys(phrase).sort()).toEqual([...pluralCategories].sort());
    }
  });
});

describe("translate", () => {
  it("chooses the form by the number", () => {
    const said = [1, 3, 5, 21].map((count) => translate("ru", "feed.comments", { count }));
    expect(said).toEqual(["1 комментарий", "3 комментария", "5 комментариев", "21 комментарий"]);
  });

  it("puts in what it is given", () => {
    expect(translate("en", "feed.typing_one", { name: "Ada" })).toBe("Ada is typing…");
  });
});

function placeholders(phrase: Phrase): string[] {
  const forms = typeof phrase === "string" ? [phrase] : Object.values(phrase);
  return [...new Set(forms.flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort();
}
