import { useLanguage } from "../i18n/language.js";

const WIDTH = 300;
const HEIGHT = 80;
const SPAN = 90; // samples across

interface Line {
  name: string;
  values: readonly (number | null)[];
}

/** Numbers as they come, the newest at the right, and what they are now in words. */
export function LivePlot({ title, lines }: { title: string; lines: Line[] }) {
  const { language } = useLanguage();
  const all = lines.flatMap(({ values }) => values.filter((value) => value !== null));
  const top = Math.max(1, ...all);
  return (
    <figure className="card plot" data-lines={lines.length}>
      <figcaption>
        <span>{title}</span>
        <strong className="figure">
          {lines.map(({ name, values }, index) => (
            <span key={name} data-line={index}>
              {`${name} ${figure(values.at(-1) ?? null, language)}`.trim()}{" "}
            </span>
          ))}
        </strong>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {lines.map(({ name, values }, index) => (
          <path key={name} data-line={index} d={pathOf(values, top)} />
        ))}
      </svg>
    </figure>
  );
}

/** A line that is interrupted where there is no number. */
export function pathOf(values: readonly (number | null)[], top: number): string {
  const begin = SPAN - values.length;
  let pen = "M";
  const steps = values.map((value, index) => {
    if (value === null) {
      pen = "M";
      return "";
    }
    const x = ((begin + index) / (SPAN - 1)) * WIDTH;
    const y = HEIGHT - 3 - (value / top) * (HEIGHT - 6);
    const step = `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
    return step;
  });
  return steps.join("");
}

function figure(value: number | null, language: string): string {
  return value === null ? "–" : value.toLocaleString(language, { maximumFractionDigits: 1 });
}
