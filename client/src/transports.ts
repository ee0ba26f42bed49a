import { type Call, cut, trimmed } from "./http.js";
import type { ClientOptions } from "./options.js";
import type { Open, Transport, TransportName } from "./transport.js";
import { sseTransport } from "./transport-sse.js";
import { type SocketConstructor, webSocketTransport } from "./transport-websocket.js";

/** The transports that can be had here; `call` is undefined where no request can be made. */
export function available(
  {
    url,
    transports,
    WebSocket: Socket = globalThis.WebSocket as SocketConstructor | undefined,
  }: ClientOptions,
  call: Call | undefined,
): Partial<Record<TransportName, Open>> {
  const isAlone = transports?.every((name) => name === "websocket"); // the next one would learn it by itself
  return {
    ...(Socket && { websocket: webSocketTransport(trimmed(url), Socket, isAlone ? call : undefined) }),
    ...(call && { sse: sseTransport(call), poll: pollTransport(call) }),
  };
}

/** Its code is loaded when it is used, which few pages do. */
function pollTransport(call: Call): Open {
  return (opening, receiver) => {
    let transport: Transport | undefined;
    let closed = false;
    import("./transport-poll.js").then(
      (poll) => {
        if (!closed) transport = poll.pollTransport(call)(opening, receiver);
      },
      (error: unknown) => receiver.ended(cut(error)),
    );
    return {
      send: (message, connectionId) => transport?.send(message, connectionId),
      close() {
        closed = true;
        transport?.close();
      },
    };
  };
}
