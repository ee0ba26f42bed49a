/** A server's answers, in place of the network that a unit test does without. */

import { vi } from "vitest";

/** What is answered: a body, a problem by its status, or nothing at all, as where the answer is lost. */
export type Told = { status?: number; body?: unknown; isLost?: boolean };

/**
 * Answer requests, which are named as in `"GET /auth/cookie"`, with what is listed: each once in its turn, and the last
 * one from then on. Returns what was asked, in order; the list may be changed meanwhile.
 */
export function answer(answers: Record<string, Told[]>): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string, { method = "GET" }: RequestInit = {}) => {
    const name = `${method} ${url.replace("/api/v1", "")}`;
    asked.push(name);
    const [first, ...later] = answers[name] ?? [];
    if (!first) throw new Error(`no answer to ${name}`);
    if (later.length > 0) answers[name] = later;
    if (first.isLost) throw new TypeError("Failed to fetch");
    return responseOf(first);
  });
  return asked;
}

/** A problem, as the server has it (RFC 9457). */
export function refused(status: number, code: string): Told {
  return { status, body: { code, detail: `the server's words for ${code}` } };
}

function responseOf({ status = 200, body }: Told): Response {
  return new Response(body === undefined ? null : JSON.stringify(body), { status });
}
