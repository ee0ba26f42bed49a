import { Backoff } from "./backoff.js";
import type { Channels } from "./channels.js";
import type { Clock } from "./clock.js";
import { Connection, type Watcher } from "./connection.js";
import type { ClientMessage, StreamEvent } from "./events.js";
import { describe } from "./http.js";
import type { Ladder } from "./ladder.js";
import type { Line } from "./line.js";
import type { Failure, State, Status } from "./options.js";
import { Renewal } from "./renewal.js";
import type { End, Open, TransportName } from "./transport.js";

const PROBATION = 5_000; // milliseconds after which an event shows that a connection is of use
const REFUSALS = 2; // of tokens, one after the other: the second one was fresh
const SOONEST = 500; // milliseconds between attempts, however often the page wakes
const WORTH_ANOTHER_TRY = new Set([408, 425, 429]);

/** Whoever has the driver: knows what is wanted, and gets what comes. */
export interface Host {
  /** The channels wanted now. */
  readonly channels: Pick<Channels, "names" | "plain" | "late">;
  cursor(): string | undefined;
  token(refresh: boolean): Promise<string>;
  /** Whether another token than the last one can be had. */
  canRefresh(): boolean;
  event(event: StreamEvent): void;
  state(state: State): void;
  /** Remember the transport that works, or that the best one does. */
  remember(transport: TransportName | null): void;
  debug(message: string): void;
}

export interface Ways {
  open: Partial<Record<TransportName, Open>>;
  ladder: Ladder;
  clock: Clock;
  random: () => number;
}

/** Keeps one connection to the server: opens it, watches it, opens another one when it is over. */
export class Driver implements Line {
  readonly #host: Host;
  readonly #ways: Ways;
  readonly #backoff: Backoff;
  readonly #renewal: Renewal;
  #state: State = { status: "idle", transport: null, error: null };
  #run: object | undefined; // of the attempt at hand: what belongs to an earlier one is void
  #connection: Connection | undefined;
  #probe: Connection | undefined;
  #timers: (() => void)[] = [];
  #waiting = false; // for the next attempt
  #proven = false; // the connection has been of use
  #offline = false;
  #frozen = false;
  #lastAttempt = Number.NEGATIVE_INFINITY;
  #refusals = 0;
  #refresh = false;

  constructor(host: Host, ways: Ways) {
    this.#host = host;
    this.#ways = ways;
    this.#backoff = new Backoff(ways.random);
    this.#renewal = new Renewal(ways.clock, {
      token: () => host.token(true),
      send: (message) => this.send(message),
    });
  }

  start(): void {
    if (this.#state.status !== "idle" && this.#state.status !== "closed") return;
    this.#backoff.reset();
    this.#refusals = 0;
    this.#set("connecting", null);
    this.#attempt();
  }

  stop(error: Failure | null = null): void {
    this.#abandon();
    this.#set("closed", error);
  }

  /** Say something; false if there is no connection to say it on. */
  send(message: ClientMessage): boolean {
    if (!this.#connection?.connected) return false;
    this.#host.debug(`send ${message.type}`);
    this.#connection.send(message);
    return true;
  }

  /** Tell the server which channels are wanted now, where it was told otherwise. */
  sync(): void {
    if (!this.#connection?.connected) return;
    const { asked, caughtUp } = this.#connection;
    const { channels } = this.#host;
    const wanted = new Set(channels.names);
    const more = channels.plain.filter((name) => !asked.has(name));
    const less = [...asked].filter((name) => !wanted.has(name));
    for (const name of more) asked.add(name);
    for (const name of less) asked.delete(name);
    if (more.length > 0) this.send({ type: "Subscribe", channels: more });
    // Also where the channel is read already: what it had before is sent then.
    for (const [name, since] of channels.late) {
      asked.add(name);
      const key = `${since} ${name}`;
      if (caughtUp.has(key)) continue;
      caughtUp.add(key);
      this.send({ type: "Subscribe", channels: [name], since, ref: since });
    }
    if (less.length > 0) this.send({ type: "Unsubscribe", channels: less });
  }

  /** There is a newer token: go on with it. */
  async renew(): Promise<void> {
    const token = await this.#host.token(false);
    if (!this.send({ type: "Authenticate", token })) this.#hurry();
  }

  online(): void {
    this.#offline = false;
    this.#ways.ladder.forget();
    if (!this.#connection) this.#ways.ladder.restart();
    this.#backoff.reset();
    this.wake();
  }

  offline(): void {
    this.#offline = true;
  }

  wake(): void {
    this.#frozen = false;
    this.#connection?.check();
    this.#hurry();
  }

  freeze(): void {
    if (this.#state.status === "idle" || this.#state.status === "closed") return;
    this.#frozen = true;
    this.#again(0);
  }

  /** Do not wait any longer for the next attempt. */
  #hurry(): void {
    if (!this.#waiting) return;
    this.#again(Math.max(0, this.#lastAttempt + SOONEST - this.#ways.clock.now()));
  }

  /** Try again in `ms` milliseconds, and not before there is a network. */
  #again(ms: number): void {
    this.#abandon();
    if (this.#state.status !== "connecting") this.#set("reconnecting", this.#state.error);
    this.#waiting = true;
    if (this.#frozen || this.#offline) return;
    this.#after(ms, () => this.#attempt());
  }

  async #attempt(): Promise<void> {
    this.#abandon();
    const run = {};
    this.#run = run;
    this.#lastAttempt = this.#ways.clock.now();
    let token: string;
    try {
      token = await this.#host.token(this.#refresh);
    } catch (error) {
      if (this.#run === run) this.#fail({ code: "no_token", message: describe(error), final: false }, 0);
      return;
    }
    if (this.#run !== run) return;
    this.#refresh = false;
    this.#connection = this.#open(this.#ways.ladder.current, token, {
      event: (event) => this.#event(event),
      ended: (end) => this.#ended(end),
    });
  }

  #open(name: TransportName, token: string, watcher: Watcher): Connection {
    const host = this.#host;
    const cursor = host.cursor();
    host.debug(`open ${name} after ${cursor ?? "nothing"}`);
    const opening = { token, channels: host.channels.plain, cursor };
    return new Connection(name, this.#ways.open[name] as Open, opening, this.#ways.clock, watcher);
  }

  #event(event: StreamEvent): void {
    this.#renewal.hear(event, this.#host.canRefresh());
    this.#host.event(event);
    if (event.type === "Connected") this.#connected();
    else this.#prove();
  }

  #connected(): void {
    this.#refusals = 0;
    this.#host.debug(`open on ${this.#ways.ladder.current}`);
    this.#set("open", null);
    this.sync();
  }

  #prove(): void {
    const { clock, ladder } = this.#ways;
    if (this.#proven || !this.#connection || clock.now() - this.#connection.since < PROBATION) return;
    this.#proven = true;
    ladder.useful();
    this.#backoff.reset();
    this.#host.remember(ladder.isTop ? null : ladder.current);
    if (!ladder.isTop) this.#after(ladder.climbAfter, () => this.#climb());
  }

  /** Probe a higher transport beside the one in use, and change over once it has connected. */
  async #climb(): Promise<void> {
    const { ladder } = this.#ways;
    const run = this.#run;
    const token = await this.#host.token(false).catch(() => undefined);
    if (token === undefined || this.#run !== run) return;
    const probe = this.#open(ladder.probe(), token, {
      event: (event) => {
        if (event.type === "Connected" && this.#probe === probe) this.#change(probe);
        if (this.#connection === probe) this.#event(event);
      },
      ended: (end) => {
        if (this.#connection === probe) return this.#ended(end);
        this.#probe = undefined;
        ladder.slipped();
        this.#after(ladder.climbAfter, () => this.#climb());
      },
    });
    this.#probe = probe;
  }

  /** Events that came on both are known by their ids. */
  #change(probe: Connection): void {
    this.#probe = undefined;
    this.#abandon();
    this.#run = {};
    this.#connection = probe;
    this.#ways.ladder.climbed();
  }

  #ended(end: End): void {
    const { ladder } = this.#ways;
    const connected = this.#connection?.connected !== undefined;
    const proven = this.#proven;
    this.#host.debug(`ended: ${end.kind}: ${end.reason}`);
    const failure = { code: codeOf(end), message: end.reason, final: false };
    switch (end.kind) {
      case "told":
        if (!end.reconnect) return this.stop({ ...failure, final: true });
        this.#refresh = end.code === 4401;
        if (this.#refresh && !this.#host.canRefresh()) return this.stop({ ...failure, final: true });
        return this.#fail(failure, end.retryAfter, proven);
      case "refused":
        return this.#refused(failure, end);
      default:
        if (proven) ladder.restart();
        else if (ladder.failed(connected ? "died" : "useless")) return this.#fail(failure, 0, true);
        return this.#fail(failure, 0);
    }
  }

  #refused(failure: Failure, end: End & { kind: "refused" }): void {
    this.#refresh = end.status === 401;
    const tired = this.#refresh && (!this.#host.canRefresh() || ++this.#refusals >= REFUSALS);
    const wrong = end.status < 500 && end.status !== 401 && !WORTH_ANOTHER_TRY.has(end.status);
    if (tired || wrong) return this.stop({ ...failure, final: true });
    this.#ways.ladder.restart();
    this.#fail(failure, end.retryAfter, this.#refresh);
  }

  /** Try again after at least `ms`; `gently` if that is enough, as nothing is wrong or another way is left. */
  #fail(error: Failure, ms: number, gently = false): void {
    this.#set(this.#state.status === "connecting" ? "connecting" : "reconnecting", error);
    this.#again(gently ? ms : Math.max(ms, this.#backoff.next()));
  }

  #after(ms: number, call: () => void): void {
    this.#timers.push(this.#ways.clock.after(ms, call));
  }

  /** Drop the attempt or connection at hand, and all that was to come. */
  #abandon(): void {
    this.#run = undefined;
    this.#waiting = this.#proven = false;
    for (const cancel of this.#timers.splice(0)) cancel();
    this.#renewal.stop();
    this.#probe?.close();
    this.#connection?.close();
    this.#probe = this.#connection = undefined;
  }

  #set(status: Status, error: Failure | null): void {
    const transport = status === "open" ? (this.#connection?.name ?? null) : null;
    this.#state = { status, transport, error };
    this.#host.state(this.#state);
  }
}

function codeOf(end: End): string | number {
  return "code" in end ? end.code : end.kind;
}
