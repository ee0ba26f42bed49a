import { useState } from "react";
import { useLanguage } from "../i18n/language.js";
import { LANGUAGES, type Language } from "../i18n/translate.js";
import { keepTheme, keptTheme, THEMES, type Theme } from "./theme.js";

/** How the page looks and speaks; kept by this browser. */
export function Preferences() {
  const { t, language, speak } = useLanguage();
  const [theme, setTheme] = useState(keptTheme);
  const choose = (chosen: Theme) => {
    keepTheme(chosen);
    setTheme(chosen);
  };
  return (
    <div className="preferences">
      <select
        aria-label={t("app.language")}
        value={language}
        onChange={(event) => speak(event.target.value as Language)}
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
      <select
        aria-label={t("app.theme")}
        value={theme}
        onChange={(event) => choose(event.target.value as Theme)}
      >
        {THEMES.map((one) => (
          <option key={one} value={one}>
            {t(`theme.${one}`)}
          </option>
        ))}
      </select>
    </div>
  );
}
