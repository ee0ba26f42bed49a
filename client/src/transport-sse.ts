import type { ClientMessage } from "./events.js";
import { type Call, cut, refusal, timestamp } from "./http.js";
import { SseParser } from "./sse-parser.js";
import type { Open, Opening, Receiver } from "./transport.js";
import { query } from "./transport.js";

/** Server-Sent Events by `fetch`, as `EventSource` can send no token. Messages go by POST. */
export function sseTransport(call: Call): Open {
  return (opening, receiver) => {
    const abort = new AbortController();
    const send = poster(call, opening, receiver, abort.signal);
    follow(call, opening, receiver, abort.signal).catch((error: unknown) => receiver.ended(cut(error)));
    return { send, close: () => abort.abort() };
  };
}

async function follow(call: Call, opening: Opening, receiver: Receiver, signal: AbortSignal): Promise<void> {
  const headers = { Accept: "text/event-stream" };
  const response = await call(`/realtime/sse?${query(opening)}`, opening.token, { headers, signal });
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
  receiver.ended(cut("the stream ended"));
}

/** What posts one message after the other, so that they arrive in their order. */
function poster(call: Call, { token: first }: Opening, receiver: Receiver, signal: AbortSignal) {
  let token = first;
  let last = Promise.resolve();

  async function post(message: ClientMessage, connectionId: string): Promise<void> {
    const response = await call(`/realtime/connections/${encodeURIComponent(connectionId)}/messages`, token, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(message),
      signal,
    });
    if (message.type === "Authenticate") token = message.token;
    if (response.ok) return;
    const { code, reason, status } = await refusal(response);
    if (status >= 500 || status === 404) throw new globalThis.Error(reason);
    const data = { code, message: reason, ref: message.ref ?? null };
    receiver.event({ type: "Error", timestamp: timestamp(), data });
  }

  return (message: ClientMessage, connectionId: string) => {
    last = last
      .then(() => post(message, connectionId))
      // It may or may not have arrived: a new connection asks for everything anew.
      .catch((error: unknown) => receiver.ended(cut(error)));
  };
}
