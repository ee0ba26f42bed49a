import type { ClientMessage, StreamEvent } from "./events.js";

export type TransportName = "websocket" | "sse" | "poll";

/** What one connection is opened with. */
export interface Opening {
  token: string;
  channels: string[];
  /** Resume after it. */
  cursor: string | undefined;
}

/** Why a connection is over. */
export type End =
  /** The server said so, and what to do next. */
  | { kind: "told"; code: number; reason: string; reconnect: boolean; retryAfter: number }
  /** The server answered with an HTTP error. */
  | { kind: "refused"; status: number; code: string; reason: string; retryAfter: number }
  /** It could not be opened, or was cut. */
  | { kind: "cut"; reason: string }
  /** Nothing came for too long. */
  | { kind: "mute"; reason: string };

/** Whoever opened the connection. Nothing is called once the connection ended or was closed. */
export interface Receiver {
  event(event: StreamEvent): void;
  /** An event as JSON. */
  text(json: string): void;
  ended(end: End): void;
}

/** An open way to the server, or one that is being opened. */
export interface Transport {
  /** Say something, once `Connected` has told the `connectionId`. */
  send(message: ClientMessage, connectionId: string): void;
  close(): void;
}

export type Open = (opening: Opening, receiver: Receiver) => Transport;

/** The query of both streams. */
export function query({ channels, cursor }: Opening): string {
  return `${named(channels)}${cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`}`;
}

/** The parameter `channels`. Nothing but `system` is what is read where nothing is wanted. */
export function named(channels: string[]): string {
  return `channels=${encodeURIComponent(channels.join(",") || "system")}`;
}
