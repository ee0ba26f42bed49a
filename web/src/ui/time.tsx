import { useLanguage } from "../i18n/language.js";

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** How long ago it was. */
export function Ago({ at }: { at: string }) {
  const { language } = useLanguage();
  return (
    <time dateTime={at} title={new Date(at).toLocaleString(language)}>
      {ago(at, Date.now(), language)}
    </time>
  );
}

export function ago(at: string, now: number, language: string): string {
  const seconds = Math.min(0, (Date.parse(at) - now) / 1000);
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  for (const [unit, length] of STEPS) {
    if (-seconds >= length) return format.format(Math.ceil(seconds / length), unit);
  }
  return format.format(0, "second");
}
