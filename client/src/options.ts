import type { Clock } from "./clock.js";
import type { Fetch } from "./http.js";
import type { Share } from "./line.js";
import type { Surroundings } from "./surroundings.js";
import type { TransportName } from "./transport.js";
import type { SocketConstructor } from "./transport-websocket.js";

/**
 * An access token, or what gets one. `refresh` says that the last one was refused or is about to expire, so a kept
 * one is of no use. A function lets the connection outlive its token.
 */
export type Token = string | ((request: { refresh: boolean }) => string | Promise<string>);

/** As much of `Storage` as is used. */
export type Memory = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export interface ClientOptions {
  /** The address of the API, such as `https://itcook.example/api/v1`. */
  url: string;
  token: Token;
  /** What to read from the start. By default `community`, `personal` and `kitchens`. */
  channels?: string[];
  /** Follow from here: the `Stream-Cursor` header of the answer that the page was made from. */
  cursor?: string;
  /** The transports to use, the best first. By default all three. */
  transports?: TransportName[];
  /** Where it is remembered which transport works. By default `localStorage`, where there is one; null: nowhere. */
  storage?: Memory | null;
  /** `tabs()` of `@itcook/realtime/tabs`: share one connection with the person's other tabs. By default, and with null, not. */
  share?: Share | null;
  /** Called with every step, for finding out what goes wrong. No token is in it. */
  debug?: (message: string) => void;
  /** In place of the global ones. */
  WebSocket?: SocketConstructor;
  fetch?: Fetch;
  clock?: Clock;
  random?: () => number;
  surroundings?: Surroundings;
}

/** Why the client stopped or is reconnecting. `code` is the server's, such as 4403 or `invalid_token`. */
export interface Failure {
  code: string | number;
  message: string;
  /** Whether the client has given up: `connect()` tries anew. */
  final: boolean;
}

export type Status = "idle" | "connecting" | "open" | "reconnecting" | "closed";

export interface State {
  readonly status: Status;
  /** What the stream comes over, while the status is `open`. */
  readonly transport: TransportName | null;
  /** The last failure since the client was open. */
  readonly error: Failure | null;
}
