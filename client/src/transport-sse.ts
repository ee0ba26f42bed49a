import type { ClientMessage } from "./events.js";
import { describe, type Fetch, headers, refusal } from "./http.js";
import { SseParser } from "./sse-parser.js";
import type { Open, Opening, Receiver } from "./transport.js";
import { query } from "./transport.js";

/** Server-Sent Events by `fetch`, as `EventSource` can send no token. Messages go by POST. */
export function sseTransport(url: string, fetch: Fetch): Open {
  return (opening, receiver) => {
    const abort = new AbortController();
    const posts = new Posts(url, fetch, opening.token, receiver, abort.signal);
    follow(url, fetch, opening, receiver, abort.signal).catch((error: unknown) => {
      receiver.ended({ kind: "cut", reason: describe(error) });
    });
    return { send: (message, id) => posts.send(message, id), close: () => abort.abort() };
  };
}

async function follow(
  url: string,
  fetch: Fetch,
  opening: Opening,
  receiver: Receiver,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(`${url}/realtime/sse?${query(opening)}`, {
    headers: headers(opening.token, { Accept: "text/event-stream" }),
    cache: "no-store",
    credentials: "omit",
    signal,
  });
  if (!response.ok) return receiver.ended(await refusal(response));
  const reader = response.body?.getReader();
  if (!reader) throw new globalThis.Error("this fetch does not stream");
  const decoder = new TextDecoder();
  const parser = new SseParser();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    for (const data of parser.push(decoder.decode(value, { stream: true }))) receiver.text(data);
  }
  receiver.ended({ kind: "cut", reason: "the stream ended" });
}

/** Posts one message after the other, so that they arrive in their order. */
class Posts {
  #last = Promise.resolve();

  constructor(
    private readonly url: string,
    private readonly fetch: Fetch,
    private token: string,
    private readonly receiver: Receiver,
    private readonly signal: AbortSignal,
  ) {}

  send(message: ClientMessage, connectionId: string): void {
    this.#last = this.#last
      .then(() => this.#post(message, connectionId))
      .catch((error: unknown) => {
        // It may or may not have arrived: a new connection asks for everything anew.
        this.receiver.ended({ kind: "cut", reason: describe(error) });
      });
  }

  async #post(message: ClientMessage, connectionId: string): Promise<void> {
    const path = `/realtime/connections/${encodeURIComponent(connectionId)}/messages`;
    const { fetch } = this;
    const response = await fetch(this.url + path, {
      method: "POST",
      headers: headers(this.token, { "Content-Type": "application/json" }),
      body: JSON.stringify(message),
      credentials: "omit",
      signal: this.signal,
    });
    if (message.type === "Authenticate") this.token = message.token;
    if (response.ok) return;
    const { code, reason, status } = await refusal(response);
    if (status >= 500 || status === 404) throw new globalThis.Error(reason);
    const data = { code, message: reason, ref: message.ref ?? null };
    this.receiver.event({ type: "Error", timestamp: new Date().toISOString(), data });
  }
}
