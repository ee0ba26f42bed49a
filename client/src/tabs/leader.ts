import type { Host, Ways } from "../driver.js";
import type { Connected, StreamEvent } from "../events.js";
import type { Drive, Line } from "../line.js";
import type { State } from "../options.js";
import type { Mark, Order, Wants } from "./messages.js";

/** The tab that leads. */
export interface Seat {
  readonly id: string;
  readonly host: Host;
  /** What all tabs want, this one included. */
  readonly tabs: ReadonlyMap<string, Wants>;
  token(refresh: boolean): Promise<string>;
  /** To all tabs, this one included. */
  post(order: Order): void;
  /** The connection has ended for good. */
  ended(state: State): void;
}

// What is said on a connection is answered in its order, and `system` is always read: the answer to this says that
// what was said before has been done.
const BARRIER = ["system"];

/** Has the connection of all tabs: reads what any of them wants, and passes on what comes, numbered. */
export class Leader {
  readonly line: Line;
  readonly #term: number;
  readonly #seat: Seat;
  readonly #barriers = new Map<string, string>(); // ref → the tab that waits for it
  readonly #waiting = new Set<string>(); // for a connection
  #connected: Connected | undefined; // of the connection at hand
  #cursor = ""; // the newest that came on it
  #error: State["error"] = null;
  #state: State | undefined;
  #n = 0;
  #refs = 0;
  #over = false;

  constructor(term: number, after: Mark | null, seat: Seat, drive: Drive, ways: Ways) {
    this.#term = term;
    this.#seat = seat;
    seat.post({ kind: "lead", term, after, names: this.#names() });
    this.line = drive(this.#host(), ways);
    this.line.start();
  }

  /** The tab said what it wants: have it read, then say so. */
  welcome(id: string): void {
    this.here();
    this.line.sync();
    const ref = `${this.#seat.id} ${++this.#refs}`;
    this.#barriers.set(ref, id);
    if (this.line.send({ type: "Subscribe", channels: BARRIER, ref })) return;
    this.#barriers.delete(ref);
    this.#waiting.add(id);
  }

  /** Say that there is a leader. */
  here(): void {
    if (this.#state) this.#seat.post({ kind: "state", term: this.#term, state: this.#state, fresh: false });
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.line.stop();
  }

  #host(): Host {
    const { host, tabs, token } = this.#seat;
    const names = () => this.#names();
    return {
      channels: {
        get names() {
          return names();
        },
        get plain() {
          return names();
        },
        late: [], // each tab catches up by itself
      },
      cursor: () => host.cursor(),
      token,
      canRefresh: () => [...tabs.values()].some(({ refresh }) => refresh),
      event: (event) => this.#event(event),
      state: (state) => this.#change(state),
      remember: (transport) => host.remember(transport),
      debug: (message) => host.debug(message),
    };
  }

  #names(): string[] {
    return [...new Set([...this.#seat.tabs.values()].flatMap(({ names }) => names))];
  }

  #event(event: StreamEvent): void {
    if (this.#over) return;
    const { data, type } = event;
    const ref = (type === "Subscribed" || type === "Error") && data.ref;
    if (ref && this.#barriers.has(ref)) return this.#answered(ref);
    if (type === "Subscribed" && !ref) return; // each tab is told of its own channels
    if ("id" in event) this.#cursor = event.id;
    else if ("cursor" in event.data) this.#cursor = event.data.cursor;
    this.#seat.post({ kind: "event", term: this.#term, n: ++this.#n, event });
    if (type !== "Connected") return;
    this.#connected = event;
    for (const id of [...this.#waiting, ...this.#barriers.values()]) this.#admit(id);
    this.#waiting.clear();
    this.#barriers.clear();
  }

  #answered(ref: string): void {
    const id = this.#barriers.get(ref);
    this.#barriers.delete(ref);
    if (id !== undefined) this.#admit(id);
  }

  #admit(to: string): void {
    const names = this.#seat.tabs.get(to)?.names;
    if (!names || !this.#connected) return;
    const data = { ...this.#connected.data, cursor: this.#cursor, resume: "resumed" as const, replayed: 0 };
    const connected = { ...this.#connected, data };
    const tabs = [...this.#seat.tabs];
    this.#seat.post({ kind: "welcome", term: this.#term, to, names, n: this.#n, connected, tabs });
  }

  #change(state: State): void {
    if (this.#over) return;
    const fresh = state.error !== null && state.error !== this.#error;
    this.#state = state;
    this.#error = state.error;
    if (state.status === "closed") this.#seat.ended(state);
    else this.#seat.post({ kind: "state", term: this.#term, state, fresh });
  }
}
