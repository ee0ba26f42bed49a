import type { Stats } from "../api/types.js";

/** The service at one moment; rates are since the moment before. */
export interface Sample {
  connections: number;
  events: number | null;
  deliveries: number | null;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

/** What changed between two answers that are so many seconds apart. */
export function sampleOf(now: Stats, before: Stats | undefined, seconds: number): Sample {
  const latency = now.details?.latency;
  return {
    connections: now.connected_clients,
    events: before ? rate(now.events_published, before.events_published, seconds) : null,
    deliveries: before ? rate(now.events_sent_today, before.events_sent_today, seconds) : null,
    p50: latency?.p50_ms ?? null,
    p95: latency?.p95_ms ?? null,
    p99: latency?.p99_ms ?? null,
  };
}

/** Such as `2 days 3 hr 4 min`, in the language. */
export function uptime(seconds: number, language: string): string {
  const minutes = Math.floor(seconds / 60);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  const words = (count: number, unit: "day" | "hour" | "minute") =>
    new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(count);
  const parts = [
    days > 0 && words(days, "day"),
    hours > 0 && words(hours, "hour"),
    words(minutes % 60, "minute"),
  ];
  return parts.filter(Boolean).join(" ");
}

/** Counts begin anew when the server restarts, and those of the day at midnight. */
function rate(now: number, before: number, seconds: number): number | null {
  return now < before || seconds <= 0 ? null : (now - before) / seconds;
}
