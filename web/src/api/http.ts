/** What the server answered instead of doing it (RFC 9457). */
export class Problem extends Error {
  override readonly name = "Problem";
  /** Whether the answer to the same request was lost before: then it may be done. */
  isOfRepeat = false;

  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    /** What is wrong where, by JSON pointer. */
    readonly errors: readonly { pointer: string; detail: string }[] = [],
  ) {
    super(detail);
  }
}

/** A body, and the cursor to follow the stream from where the answer has one. */
export interface Answer<Body> {
  body: Body;
  cursor: string | undefined;
}

const API = "/api/v1";
const AGAIN = 500; // milliseconds before a request whose answer was lost is repeated

let csrfToken = "";
let renewCsrfToken: () => Promise<boolean> = async () => false;

/** The token that shows that requests are the page's own. */
export function currentCsrfToken(): string {
  return csrfToken;
}

/** Have all requests carry this token. `renew` reads it anew, and says whether the same person is signed in. */
export function takeCsrfToken(token: string, renew: () => Promise<boolean>): void {
  csrfToken = token;
  renewCsrfToken = renew;
}

/** What is at `path`, with its cursor. Raises `Problem`, or `TypeError` where the server cannot be reached. */
export async function load<Body>(path: string, signal?: AbortSignal): Promise<Answer<Body>> {
  const response = await fetch(API + path, { cache: "no-store", ...(signal && { signal }) });
  const cursor = response.headers.get("Stream-Cursor") ?? undefined;
  return { body: await read<Body>(response), cursor };
}

export async function get<Body>(path: string, signal?: AbortSignal): Promise<Body> {
  return (await load<Body>(path, signal)).body;
}

/** What is at `path` as it is, for a file. Raises as `load`, also where it breaks off. */
export async function download(path: string): Promise<Blob> {
  const response = await fetch(API + path, { cache: "no-store" });
  if (!response.ok) throw await problemOf(response);
  return response.blob();
}

/** Create something, or have something done. Where the answer is lost it is asked for once more: done it is once. */
export async function post<Body>(path: string, body?: unknown): Promise<Body> {
  const key = { "Idempotency-Key": randomKey() };
  try {
    return await send<Body>("POST", path, body, key);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
    return send<Body>("POST", path, body, key).catch((failure) => {
      if (failure instanceof Problem) failure.isOfRepeat = true;
      throw failure;
    });
  }
}

export function put<Body = void>(path: string, body?: unknown): Promise<Body> {
  return send<Body>("PUT", path, body);
}

export function patch<Body>(path: string, body: unknown): Promise<Body> {
  return send<Body>("PATCH", path, body);
}

export function remove<Body = void>(path: string): Promise<Body> {
  return send<Body>("DELETE", path);
}

async function send<Body>(
  method: string,
  path: string,
  body?: unknown,
  more: Record<string, string> = {},
): Promise<Body> {
  const once = () => {
    const headers: Record<string, string> = { "X-CSRF-Token": csrfToken, ...more };
    if (body === undefined) return fetch(API + path, { method, headers });
    headers["Content-Type"] = "application/json";
    return fetch(API + path, { method, headers, body: JSON.stringify(body) });
  };
  const response = await once();
  if (response.status !== 403) return read<Body>(response);
  const problem = await problemOf(response);
  // Another tab may have signed in anew, or chosen another password.
  if (problem.code !== "csrf_token_invalid" || !(await renewCsrfToken())) throw problem;
  return read<Body>(await once());
}

async function read<Body>(response: Response): Promise<Body> {
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? (undefined as Body) : response.json();
}

async function problemOf(response: Response): Promise<Problem> {
  const told = await response.json().catch(() => ({}));
  const detail = told.detail ?? `HTTP ${response.status}`;
  return new Problem(response.status, told.code ?? `http_${response.status}`, detail, told.errors);
}

/** Not `randomUUID`, which pages have over https and on localhost only. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
