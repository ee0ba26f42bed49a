import { en, type Key } from "./en.js";
import type { Values } from "./translate.js";

/** A unit in words, in the form for so many; one that the page does not know stays as it is. */
export function unitName(unit: string, count: number, t: (key: Key, values?: Values) => string): string {
  const key = `unit.${unit}`;
  return key in en ? t(key as Key, { count }) : unit;
}
