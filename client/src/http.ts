import type { End } from "./transport.js";

export type Fetch = typeof globalThis.fetch;

/** A request to the API: `path` comes after its address. */
export type Call = (path: string, token: string, more?: RequestInit) => Promise<Response>;

/** What makes requests. Cookies stay out of them (`credentials: "omit"`): two ways in at once are refused. */
export function caller(url: string, fetch: Fetch): Call {
  const base = trimmed(url);
  return (path, token, { headers, ...more } = {}) =>
    fetch(base + path, {
      headers: { Authorization: `Bearer ${token}`, ...headers },
      cache: "no-store",
      credentials: "omit",
      ...more,
    });
}

/** The address without what does not count in it. */
export function trimmed(url: string): string {
  return url.replace(/\/+$/, "");
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

export function cut(error: unknown): End {
  return { kind: "cut", reason: describe(error) };
}

/** The time as the server writes it. */
export function timestamp(): string {
  return new Date().toISOString();
}
