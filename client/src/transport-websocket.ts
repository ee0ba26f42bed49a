import { type Call, refusal } from "./http.js";
import type { End, Open } from "./transport.js";
import { query } from "./transport.js";

/** As much of `WebSocket` as is used: browsers', React Native's and the `ws` package's all fit. */
export interface SocketLike {
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export type SocketConstructor = new (url: string, protocols: string[]) => SocketLike;

// Closes that mean the same without `Disconnecting`. For a new code the server sends that event.
const FINAL = new Set([1002, 1003, 1007, 1009, 4400, 4403, 4409]);

/** With `call`, what cannot be opened is asked for by HTTP as well: no page is told what refused its WebSocket. */
export function webSocketTransport(url: string, Socket: SocketConstructor, call?: Call): Open {
  return (opening, receiver) => {
    const address = `${url.replace(/^http/, "ws")}/realtime/ws?${query(opening)}`;
    const socket = new Socket(address, ["itcook.v1", `bearer.${opening.token}`]);
    let heard = false;
    socket.onmessage = ({ data }) => {
      heard = true;
      receiver.text(String(data));
    };
    socket.onclose = ({ code, reason }) => {
      const ended = end(code, reason);
      if (heard || !call) return receiver.ended(ended);
      call("/auth/me", opening.token)
        .then((answer) => (answer.ok ? ended : refusal(answer)))
        .catch(() => ended)
        .then((known) => receiver.ended(known));
    };
    socket.onerror = () => {}; // a close follows, and says as much
    return {
      send: (message) => socket.send(JSON.stringify(message)),
      close: () => socket.close(1000),
    };
  };
}

function end(code: number, reason: string): End {
  if (code < 4000 && !FINAL.has(code)) return { kind: "cut", reason: reason || `closed with ${code}` };
  return { kind: "told", code, reason, reconnect: !FINAL.has(code), retryAfter: 0 };
}
