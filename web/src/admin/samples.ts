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

/** Such as `2 d 3 h 4 min`. */
export function uptime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  return [days && `${days} d`, hours && `${hours} h`, `${minutes % 60} min`].filter(Boolean).join(" ");
}

/** Counts begin anew when the server restarts, and those of the day at midnight. */
function rate(now: number, before: number, seconds: number): number | null {
  return now < before || seconds <= 0 ? null : (now - before) / seconds;
}
