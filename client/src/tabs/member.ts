import type { Host, Ways } from "../driver.js";
import type { Connected, StreamEvent } from "../events.js";
import type { State } from "../options.js";
import { CatchUp } from "./catch-up.js";
import { covers, type Mark, type Order } from "./messages.js";

type Welcome = Order & { kind: "welcome" };

/** How a member gets at what only its tab has. */
export interface Home {
  readonly id: string;
  readonly host: Host;
  readonly ways: Ways;
  token(refresh: boolean): Promise<string>;
  /** Say again what this tab wants, to be welcomed. */
  hello(): void;
}

/**
 * One tab's part in the stream: gives its client what the leader passes on. Where it may have missed something, at
 * the start, in a gap, or for a channel that begins at a cursor, it closes a gate, fills the gap by polls, then lets
 * out what came meanwhile. What comes twice its client knows by the ids.
 */
export class Member {
  readonly #home: Home;
  #term = 0;
  #base: Mark | null = null; // where its leader resumed from
  #n = 0; // of the event that came last
  #live = false; // nothing is missing
  #welcomed = false; // by this leader, or by one that it goes on from
  #queue: (Order & { kind: "event" })[] = [];
  #catching: CatchUp | undefined;
  #names = new Set<string>(); // that are read for this tab
  #led: State | undefined; // of the leader's connection
  #state: State = { status: "connecting", transport: null, error: null };

  constructor(home: Home) {
    this.#home = home;
  }

  get term(): number {
    return this.#term;
  }

  get state(): State {
    return this.#state;
  }

  /** Up to where nothing is missing; null if that cannot be said. */
  get mark(): Mark | null {
    return this.#live ? { term: this.#term, n: this.#n } : null;
  }

  /** This tab leads from now on: its connection resumes from where its client is, and reads all it wants. */
  lead(term: number): void {
    this.#catching?.close();
    this.#catching = undefined;
    this.#queue = [];
    this.#base = this.mark;
    this.#term = term;
    this.#n = 0;
    this.#live = this.#welcomed = true;
    this.#names = new Set(this.#home.host.channels.plain);
  }

  /** An order for all tabs. Whether it is one of the present leader. */
  hear(order: Order): boolean {
    if (order.term < this.#term) return false;
    if (order.term > this.#term) this.#follow(order);
    if (order.kind === "event") this.#take(order);
    if (order.kind === "state") this.#lead(order.state, order.fresh);
    if (order.kind === "welcome" && order.to === this.#home.id) this.#enter(order);
    return true;
  }

  close(): void {
    this.#catching?.close();
  }

  #follow(order: Order): void {
    if (!this.#continues(order)) this.#lose();
    this.#base = order.kind === "lead" ? order.after : null;
    this.#term = order.term;
    this.#n = 0;
    this.#led = undefined;
    this.#home.hello();
  }

  /** Whether the new leader goes on from where this tab is, or before, with all that is read for it. */
  #continues(order: Order): boolean {
    if (order.kind !== "lead" || !order.after || !this.mark) return false;
    const { after } = order;
    const read = new Set(order.names);
    // A later term is not a later place: its leader may have resumed from further back.
    const reached = covers(this.mark, after) || (this.#base !== null && covers(this.#base, after));
    return reached && [...this.#names].every((name) => read.has(name));
  }

  /** Something may be missing: wait to be welcomed, then catch up. */
  #lose(): void {
    this.#live = this.#welcomed = false;
    this.#catching?.close();
    this.#catching = undefined;
    this.#queue = [];
    this.#show();
  }

  #take(order: Order & { kind: "event" }): void {
    const missed = order.n !== this.#n + 1;
    this.#n = order.n;
    if (missed && this.#welcomed) {
      this.#lose();
      this.#home.hello();
    }
    if (this.#live) this.#home.host.event(order.event);
    else this.#queue.push(order);
  }

  #enter({ names, n, connected }: Welcome): void {
    if (this.#welcomed && this.#catching) return; // what is new comes after that
    const added = names.filter((name) => !this.#names.has(name));
    const first = !this.#welcomed;
    this.#names = new Set(names);
    this.#welcomed = true;
    if (first) {
      this.#n = Math.max(this.#n, n);
      this.#queue = this.#queue.filter((order) => order.n > n);
      this.#arrive(connected);
    } else this.#begin(added, connected.data.cursor);
  }

  /** The server reads everything for this tab: what it missed before that is to be had by polls. */
  #arrive(connected: Connected): void {
    const { host } = this.#home;
    const { cursor: until } = connected.data;
    const cursor = host.cursor();
    const data = { ...connected.data, cursor: cursor ?? until, channels: [...this.#names] };
    data.resume = cursor === undefined ? "fresh" : "resumed";
    host.event({ ...connected, data });
    this.#show();
    const { plain } = host.channels;
    if (cursor === undefined || cursor === until) this.#begin([], until);
    else this.#catchUp(plain, cursor, until, () => this.#begin([], until));
  }

  /** Channels are read from now on, or from the cursors that they are to begin at. */
  #begin(added: string[], cursor: string): void {
    const { channels } = this.#home.host;
    const late = channels.late.find(([name]) => this.#names.has(name));
    const plain = added.filter((name) => channels.plain.includes(name));
    if (plain.length > 0) this.#tell(plain, cursor);
    if (!late) return this.#open();
    const [name, since] = late;
    this.#tell([name], since, since);
    this.#catchUp([name], since, cursor, () => this.#begin([], cursor));
  }

  #catchUp(channels: string[], cursor: string, until: string, done: () => void): void {
    const { host, ways, token } = this.#home;
    this.#live = false;
    host.debug(`catch up with ${channels} after ${cursor}`);
    this.#catching = new CatchUp({ channels, cursor, until }, ways, {
      token,
      event: (event) => host.event(event),
      done,
    });
  }

  /** Nothing is missing any more. */
  #open(): void {
    this.#catching = undefined;
    this.#live = true;
    for (const { event } of this.#queue.splice(0)) this.#home.host.event(event);
    const { names } = this.#home.host.channels;
    if (names.some((name) => !this.#names.has(name))) this.#home.hello(); // it was wanted meanwhile
  }

  #tell(channels: string[], cursor: string, ref: string | null = null): void {
    const data = { channels, cursor, replayed: 0, ref };
    const event: StreamEvent = { type: "Subscribed", timestamp: new Date().toISOString(), data };
    this.#home.host.event(event);
  }

  #lead(led: State, fresh: boolean): void {
    const error = fresh ? led.error : led.error && (this.#state.error ?? led.error);
    this.#led = { ...led, error };
    this.#show();
  }

  /** A tab is connected once everything that it wants is read for it. */
  #show(): void {
    const led: State = this.#led ?? { ...this.#state, status: "connecting" };
    const open = led.status === "open" && this.#welcomed;
    const status = open || led.status === "closed" ? led.status : "connecting";
    this.#state = { status, transport: open ? led.transport : null, error: led.error };
    this.#home.host.state(this.#state);
  }
}
