import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import type { Key } from "./en.js";
import { LANGUAGES, type Language, translate, type Values } from "./translate.js";

const KEPT = "itcook.language";

interface Speech {
  language: Language;
  speak: (language: Language) => void;
  t: (key: Key, values?: Values) => string;
}

const Context = createContext<Speech | null>(null);

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(chosen);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const speech = useMemo<Speech>(
    () => ({
      language,
      speak: (other) => {
        localStorage.setItem(KEPT, other);
        setLanguage(other);
      },
      t: (key, values) => translate(language, key, values),
    }),
    [language],
  );
  return <Context.Provider value={speech}>{children}</Context.Provider>;
}

export function useLanguage(): Speech {
  const speech = useContext(Context);
  if (!speech) throw new Error("outside of LanguageProvider");
  return speech;
}

function chosen(): Language {
  const kept = localStorage.getItem(KEPT) ?? navigator.language.slice(0, 2);
  return kept in LANGUAGES ? (kept as Language) : "en";
}
