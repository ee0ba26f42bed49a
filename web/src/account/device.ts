// What is looked for first is what others also claim to be: Edge and Opera call themselves Chrome, and that Safari.
const PROGRAMS: [RegExp, string][] = [
  [/Edg(?:A|iOS)?\//, "Edge"],
  [/OPR\//, "Opera"],
  [/YaBrowser\//, "Yandex"],
  [/Firefox\/|FxiOS\//, "Firefox"],
  [/Chrome\/|CriOS\//, "Chrome"],
  [/Safari\//, "Safari"],
];

const SYSTEMS: [RegExp, string][] = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Macintosh/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

/** Program and system by a `User-Agent`, such as `Firefox · Linux`; of a program that is no browser its own name. */
export function deviceOf(userAgent: string): string {
  const named = (list: [RegExp, string][]) => list.find(([pattern]) => pattern.test(userAgent))?.[1];
  const program = named(PROGRAMS) ?? userAgent.split(/[/\s]/, 1)[0];
  return [program, named(SYSTEMS)].filter(Boolean).join(" · ");
}
