import type { State, StreamEvent } from "@itcook/realtime";

/** What is shown of the connection. */
export interface Shown extends State {
  /** The cursor to resume from. */
  readonly cursor: string | undefined;
  /** Milliseconds of the last round trip over the stream; null where none was measured. */
  readonly latency: number | null;
  /** Whether WebSockets are left out, to see the fallback. */
  readonly blocked: boolean;
}

/** What the tab that has the connection tells the others. */
export type Told =
  | { kind: "event"; event: StreamEvent }
  | { kind: "shown"; shown: Shown }
  | { kind: "resync" }
  /** Another tab has the connection from now on; it goes on after this cursor. */
  | { kind: "lead"; cursor: string | undefined };

/** What they ask it for. */
export type Asked =
  | { kind: "wants"; tab: string; channels: string[] }
  | { kind: "typing"; postId: string; on: boolean }
  | { kind: "block"; blocked: boolean }
  | { kind: "connect" };

export type Message = Told | Asked;
