import { Backoff } from "../backoff.js";
import type { Ways } from "../driver.js";
import type { StreamEvent } from "../events.js";
import type { End, Open, Transport } from "../transport.js";

/** One tab's poll for what it missed, over its own HTTP requests. */
export interface Missing {
  channels: string[];
  /** After it. */
  cursor: string;
  /** The leader's: an answer of a server that has not got this far yet is not enough. */
  until: string;
}

export interface Receiver {
  token(refresh: boolean): Promise<string>;
  event(event: StreamEvent): void;
  /** All is told. */
  done(): void;
}

const CHECKS = 5; // that say a server is behind; with their pauses more than any is for
const PASSING = new Set([401, 408, 425, 429]);

/**
 * Tells what some channels had after a cursor, by polls, until there is no more; or that the gap cannot be filled,
 * with `ResyncRequired`. What it tells may have been had already. Tries again where a poll fails.
 */
export class CatchUp {
  readonly #missing: Missing;
  readonly #ways: Ways;
  readonly #receiver: Receiver;
  readonly #backoff: Backoff;
  #after: string;
  #reached = false; // what the leader had
  #checks = CHECKS;
  #poll: Transport | undefined;
  #over = false;
  #cancel = () => {};

  constructor(missing: Missing, ways: Ways, receiver: Receiver) {
    this.#missing = missing;
    this.#after = missing.cursor;
    this.#ways = ways;
    this.#receiver = receiver;
    this.#backoff = new Backoff(ways.random);
    void this.#try(false);
  }

  close(): void {
    this.#over = true;
    this.#cancel();
    this.#poll?.close();
  }

  async #try(refresh: boolean): Promise<void> {
    const token = await this.#receiver.token(refresh).catch(() => undefined);
    if (this.#over) return;
    if (token === undefined) return this.#later(refresh);
    this.#ask(token, this.#after, (event) => this.#hear(event, token));
  }

  #ask(token: string, cursor: string, event: (event: StreamEvent) => void): void {
    this.#poll?.close();
    let current = true; // a poll that was answered goes on by itself
    const hear = (heard: StreamEvent) => {
      if (this.#over || !current) return;
      if (heard.type === "Heartbeat" || heard.type === "ResyncRequired") current = false;
      event(heard);
    };
    const ended = (end: End) => {
      if (!this.#over && current) this.#ended(end);
    };
    const open = this.#ways.open.poll as Open;
    const { channels } = this.#missing;
    this.#poll = open({ token, channels, cursor }, { event: hear, text: () => {}, ended });
  }

  #hear(event: StreamEvent, token: string): void {
    if (event.type === "Connected") return; // there is a connection already
    if (event.type !== "Heartbeat") this.#receiver.event(event);
    if (event.type === "ResyncRequired") return this.#finish();
    const { until } = this.#missing;
    if ("id" in event) {
      this.#after = event.id;
      this.#reached ||= event.id === until;
    }
    if (event.type !== "Heartbeat") return;
    if (this.#reached || event.data.cursor === until) {
      this.#receiver.event(event);
      return this.#finish();
    }
    this.#check(token, event);
  }

  /** Of several servers this one may be behind the leader's: then it does not know that cursor yet. */
  #check(token: string, heartbeat: StreamEvent): void {
    this.#ask(token, this.#missing.until, ({ type }) => {
      if (type === "ResyncRequired" && this.#checks-- > 0) return this.#later(false);
      if (type !== "Heartbeat" && type !== "ResyncRequired") return; // it comes from the leader as well
      this.#receiver.event(heartbeat);
      this.#finish();
    });
  }

  #finish(): void {
    this.close();
    this.#receiver.done();
  }

  #ended(end: End): void {
    if (end.kind !== "refused" || end.status >= 500 || PASSING.has(end.status)) {
      return this.#later(end.kind === "refused" && end.status === 401);
    }
    // It cannot be had at all: no gap in silence.
    const data = { reason: "unknown_cursor" as const, cursor: this.#missing.until };
    this.#receiver.event({ type: "ResyncRequired", timestamp: new Date().toISOString(), data });
    this.#finish();
  }

  #later(refresh: boolean): void {
    this.#poll?.close();
    this.#cancel = this.#ways.clock.after(this.#backoff.next(), () => void this.#try(refresh));
  }
}
