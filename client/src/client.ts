import { Channels } from "./channels.js";
import { systemClock } from "./clock.js";
import { Driver, type Host } from "./driver.js";
import { Emitter } from "./emitter.js";
import type { ClientMessage, ResyncRequired, StreamEvent } from "./events.js";
import { type Call, caller } from "./http.js";
import { Ladder } from "./ladder.js";
import type { Drive, Line } from "./line.js";
import type { ClientOptions, Failure, Memory, State, Status, Token } from "./options.js";
import { Position } from "./position.js";
import { type Company, whoIsIn } from "./presence.js";
import { pageSurroundings } from "./surroundings.js";
import type { TransportName } from "./transport.js";
import { available } from "./transports.js";
import { Typing } from "./typing.js";

const REMEMBERED = "itcook.transport";
const DEFAULT_CHANNELS = ["community", "personal", "kitchens"];

/** The listeners that can be given to `on`: every type of event by its name, and these. */
export type Listeners = {
  [Type in StreamEvent["type"]]: (event: Extract<StreamEvent, { type: Type }>) => unknown;
} & {
  /** Every event, also of types that this version does not know. */
  event: (event: StreamEvent) => unknown;
  status: (status: Status) => unknown;
  transport: (transport: TransportName | null) => unknown;
  error: (failure: Failure) => unknown;
  /**
   * The gap cannot be filled: load the state anew. The cursor stays behind until the promises that come back are
   * fulfilled.
   */
  resync: (event: ResyncRequired) => unknown;
  change: () => unknown;
};

const START: State = { status: "idle", transport: null, error: null };

/** The stream of one person: connects, resumes, and gives every event once. */
export class RealtimeClient {
  readonly #options: ClientOptions;
  readonly #emitter = new Emitter<Listeners>();
  readonly #channels: Channels;
  readonly #position: Position;
  readonly #line: Line;
  readonly #typing: Typing;
  readonly #call: Call;
  #token: Token;
  #state = START;
  #syncing = false;
  #leave = () => {};

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#token = options.token;
    this.#channels = new Channels(options.channels ?? DEFAULT_CHANNELS);
    this.#position = new Position(options.cursor);
    const clock = options.clock ?? systemClock;
    this.#typing = new Typing(clock, (message) => this.send(message));
    const fetch = options.fetch ?? globalThis.fetch?.bind(globalThis);
    this.#call = fetch && caller(options.url, fetch);
    const open = available(options, this.#call);
    const rungs = (options.transports ?? ["websocket", "sse", "poll"]).filter((name) => open[name]);
    const ladder = new Ladder(rungs, this.#memory()?.getItem(REMEMBERED));
    const drive: Drive = (host, ways) => new Driver(host, ways);
    const make = options.share?.(drive, options.url) ?? drive;
    this.#line = make(this.#host(), { open, ladder, clock, random: options.random ?? Math.random });
  }

  /** What is so now. The object changes only when something in it does. */
  get state(): State {
    return this.#state;
  }

  /** The cursor to resume from, for keeping it beyond the life of this client. */
  get cursor(): string | undefined {
    return this.#position.cursor;
  }

  /** Connect, and stay connected until `close` or a failure that is final. */
  connect(): void {
    this.#leave();
    const line = this.#line;
    // Each a function of its own, as whoever tells of them may take them apart.
    this.#leave = (this.#options.surroundings ?? pageSurroundings)({
      online: () => line.online(),
      offline: () => line.offline(),
      wake: () => line.wake(),
      freeze: () => line.freeze(),
    });
    line.start();
  }

  close(): void {
    this.#leave();
    this.#leave = () => {};
    this.#line.stop();
  }

  /** Call `listener` for each event of a type, for `event`s at all, or when something changes; gives its end. */
  on<Name extends keyof Listeners>(name: Name, listener: Listeners[Name]): () => void {
    return this.#emitter.on(name, listener);
  }

  /**
   * Read a channel until the returned function is called. It may have several readers. With `since`, a `Stream-Cursor`,
   * it begins with what it had after that.
   */
  subscribe(channel: string, { since }: { since?: string } = {}): () => void {
    this.#channels.add(channel, since);
    this.#sync();
    let reading = true;
    return () => {
      if (!reading) return;
      reading = false;
      this.#channels.remove(channel);
      this.#sync();
    };
  }

  /** Say something; false if there is no connection to say it on. */
  send(message: ClientMessage): boolean {
    return this.#line.send(message);
  }

  /** The person writes a comment: to be called on each key, it is said as often as needed. */
  startTyping(postId: string): void {
    this.#typing.start(postId);
  }

  stopTyping(postId: string): void {
    this.#typing.stop(postId);
  }

  /** Who is in a channel now. Raises what the server answered, if it did not say. */
  async presence(channel: string): Promise<Company> {
    return whoIsIn(this.#call, await this.#getToken(false), channel);
  }

  /** Go on with another token of the same person. */
  setToken(token: Token): void {
    if (token === this.#token) return;
    this.#token = token;
    if (this.#state.status !== "idle" && this.#state.status !== "closed") void this.#line.renew();
  }

  #host(): Host {
    return {
      channels: this.#channels,
      cursor: () => this.#position.cursor,
      token: (refresh) => this.#getToken(refresh),
      canRefresh: () => typeof this.#token === "function",
      event: (event) => this.#event(event),
      state: (state) => this.#change(state),
      remember: (transport) => this.#remember(transport),
      debug: (message) => this.#options.debug?.(message),
    };
  }

  async #getToken(refresh: boolean): Promise<string> {
    return typeof this.#token === "string" ? this.#token : this.#token({ refresh });
  }

  #event(event: StreamEvent): void {
    if (event.type === "Subscribed") this.#channels.read(event.data.channels, event.data.ref);
    if (!this.#position.accept(event)) return;
    this.#emitter.emit("event", event);
    // biome-ignore lint/suspicious/noExplicitAny: that the listener fits the type is what `Listeners` says
    this.#emitter.emit(event.type, event as any);
    if (event.type === "ResyncRequired") void this.#resync(event);
  }

  async #resync(event: ResyncRequired): Promise<void> {
    const release = this.#position.hold();
    try {
      await Promise.all(this.#emitter.emit("resync", event));
      release();
    } catch (error) {
      this.#emitter.emit("error", { code: "resync_failed", message: String(error), final: false });
    }
  }

  #change(state: State): void {
    const before = this.#state;
    if (same(before, state)) return;
    this.#state = state;
    if (state.status !== before.status) this.#emitter.emit("status", state.status);
    if (state.transport !== before.transport) this.#emitter.emit("transport", state.transport);
    if (state.error && state.error !== before.error) this.#emitter.emit("error", state.error);
    this.#emitter.emit("change");
  }

  /** Once for all that is subscribed and unsubscribed in one go, as frameworks do. */
  #sync(): void {
    if (this.#syncing) return;
    this.#syncing = true;
    queueMicrotask(() => {
      this.#syncing = false;
      this.#line.sync();
    });
  }

  #memory(): Memory | null | undefined {
    if (this.#options.storage !== undefined) return this.#options.storage;
    try {
      return globalThis.localStorage;
    } catch {
      return null; // a page may be forbidden to look
    }
  }

  #remember(transport: TransportName | null): void {
    try {
      if (transport) this.#memory()?.setItem(REMEMBERED, transport);
      else this.#memory()?.removeItem(REMEMBERED);
    } catch {
      // The storage is full, or forbidden: the next start finds out anew.
    }
  }
}

function same(one: State, other: State): boolean {
  return one.status === other.status && one.transport === other.transport && one.error === other.error;
}
