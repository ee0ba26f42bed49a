import type { Fetch } from "./http.js";
import type { ClientOptions } from "./options.js";
import type { Open, TransportName } from "./transport.js";
import { pollTransport } from "./transport-poll.js";
import { sseTransport } from "./transport-sse.js";
import { type SocketConstructor, webSocketTransport } from "./transport-websocket.js";

/** The transports that can be had here. */
export function available(options: ClientOptions): Partial<Record<TransportName, Open>> {
  const url = options.url.replace(/\/+$/, "");
  const Socket = options.WebSocket ?? (globalThis.WebSocket as SocketConstructor | undefined);
  const fetch: Fetch | undefined = options.fetch ?? globalThis.fetch?.bind(globalThis);
  return {
    ...(Socket && { websocket: webSocketTransport(url, Socket) }),
    ...(fetch && { sse: sseTransport(url, fetch), poll: pollTransport(url, fetch) }),
  };
}
