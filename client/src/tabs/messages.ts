import type { ClientMessage, Connected, StreamEvent } from "../events.js";
import type { State } from "../options.js";

/** A place in what leaders passed on: the `n`th event in the term of one. */
export interface Mark {
  term: number;
  n: number;
}

/** What a tab tells the leader, and the others who may become it. */
export type Word =
  /** It is here and wants these channels; `refresh` if it can get fresh tokens. Also when that changes. */
  | { kind: "hello"; from: string; names: string[]; refresh: boolean }
  | { kind: "bye"; from: string }
  /** To be said to the server. */
  | { kind: "say"; from: string; message: ClientMessage }
  | { kind: "renew"; from: string; token: string }
  /** The tab is seen, or has heard nothing for long: is the leader there? */
  | { kind: "wake"; from: string }
  /** Asks one tab for a token; with its answer, null if it has none. */
  | { kind: "ask"; from: string; to: string; ref: number; refresh: boolean }
  | { kind: "answer"; from: string; to: string; ref: number; token: string | null };

/** What the leader tells all tabs, itself included. */
export type Order =
  /** It leads from now on: reads `names`, and resumes from where it is, after this event or at an unknown place. */
  | { kind: "lead"; term: number; after: Mark | null; names: string[] }
  | { kind: "event"; term: number; n: number; event: StreamEvent }
  /** `fresh` if the error in it is a new one. */
  | { kind: "state"; term: number; state: State; fresh: boolean }
  /** The server reads what `to` wants, as `names`; `n` is the last event before that. The other tabs want `tabs`. */
  | {
      kind: "welcome";
      term: number;
      to: string;
      names: string[];
      n: number;
      connected: Connected;
      tabs: [string, Wants][];
    };

/** What a tab wants, as it said. */
export type Wants = Pick<Word & { kind: "hello" }, "names" | "refresh">;

export type Message = Word | Order;

/** Whether what came up to `mark` includes what came up to `other`, as far as can be told: within one term. */
export function covers(mark: Mark, other: Mark): boolean {
  return mark.term === other.term && mark.n >= other.n;
}
