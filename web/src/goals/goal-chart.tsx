import type { Goal, Point } from "../api/types.js";
import { useLanguage } from "../i18n/language.js";

const WIDTH = 600;
const HEIGHT = 160;
const MARGIN = 12;
const DATE = { day: "numeric", month: "short", timeZone: "UTC" } as const; // a day is the same everywhere

/** The values of a goal by their days, with its target as a line across. */
export function GoalChart({ goal, points }: { goal: Goal; points: Point[] }) {
  const { t, language } = useLanguage();
  const placed = place(points, goal.target_value);
  const last = placed.spots.at(-1);
  const words = t("goals.chart", {
    title: goal.title,
    count: points.length,
    value: (points.at(-1)?.value ?? 0).toLocaleString(language),
    target: goal.target_value.toLocaleString(language),
    unit: goal.unit,
  });
  const date = (point?: Point) => point && new Date(point.day).toLocaleDateString(language, DATE);
  return (
    <>
      <svg className="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words}>
        <line className="target" x1="0" x2={WIDTH} y1={placed.target} y2={placed.target} />
        <polyline points={placed.spots.map(({ x, y }) => `${x},${y}`).join(" ")} />
        {placed.spots.map(({ x, y }) => (
          <circle key={x} cx={x} cy={y} r={x === last?.x ? 6 : 3.5} />
        ))}
      </svg>
      {points.length > 1 && (
        <p className="days muted">
          <span>{date(points[0])}</span>
          <span>{date(points.at(-1))}</span>
        </p>
      )}
    </>
  );
}

/** Where values are on the chart, by day from left to right; alone, one is in the middle. */
export function place(points: readonly Point[], target: number) {
  const values = [...points.map(({ value }) => value), target];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const days = points.map(({ day }) => Date.parse(day));
  const [first = 0, final = 0] = [days[0], days.at(-1)];
  const across = (day: number) =>
    final === first ? WIDTH / 2 : MARGIN + ((day - first) / (final - first)) * (WIDTH - 2 * MARGIN);
  const up = (value: number) =>
    high === low ? HEIGHT / 2 : HEIGHT - MARGIN - ((value - low) / (high - low)) * (HEIGHT - 2 * MARGIN);
  const spots = points.map(({ value }, index) => ({ x: across(days[index] ?? 0), y: up(value) }));
  return { spots, target: up(target) };
}
