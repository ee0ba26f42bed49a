import type { End } from "./transport.js";

export type Fetch = typeof globalThis.fetch;

/** The headers of every request. Cookies stay out of it (`credentials: "omit"`): two ways in at once are refused. */
export function headers(token: string, more: Record<string, string> = {}): Record<string, string> {
  return { Authorization: `Bearer ${token}`, ...more };
}

/** The end that an answer other than 2xx is; its body is a problem (RFC 9457), unless a proxy wrote it. */
export async function refusal(response: Response): Promise<End & { kind: "refused" }> {
  const problem = await response.json().catch(() => ({}));
  return {
    kind: "refused",
    status: response.status,
    code: problem?.code ?? `http_${response.status}`,
    reason: problem?.detail ?? `HTTP ${response.status}`,
    retryAfter: (Number(response.headers.get("Retry-After")) || 0) * 1000,
  };
}

export function describe(error: unknown): string {
  return error instanceof globalThis.Error ? error.message : String(error);
}
