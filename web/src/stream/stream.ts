import { RealtimeClient, type State, type StreamEvent, type TransportName } from "@itcook/realtime";
import { tabs } from "@itcook/realtime/tabs";
import { byCookie } from "./cookie.js";

const BLOCKED = "itcook.block-websockets";
const FALLBACKS: TransportName[] = ["sse", "poll"];
const PING = 10_000; // milliseconds between measurements of the latency

/** What is shown of the connection. */
export interface Shown extends State {
  /** The cursor to resume from. */
  readonly cursor: string | undefined;
  /** Milliseconds of the last round trip over the stream; null where none was measured. */
  readonly latency: number | null;
  /** Whether WebSockets are left out, to see the fallback. */
  readonly blocked: boolean;
}

export interface StreamOptions {
  /** Whose stream it is: the tabs of one person share one connection. */
  person: string;
  csrfToken: () => string;
  /** The cursor of the first answer that the page was made from. */
  cursor: string | undefined;
}

type Resync = () => Promise<unknown>;

/** A person's stream as the page shows it: one client after the other, as WebSockets are blocked and let through. */
export class Stream {
  readonly #options: StreamOptions;
  readonly #listeners = new Set<(event: StreamEvent) => void>();
  readonly #watchers = new Set<() => void>();
  readonly #resyncs = new Set<Resync>();
  readonly #readers = new Map<string, number>(); // by channel
  readonly #leaves = new Map<string, () => void>(); // what ends the reading of each, by the client at hand
  readonly #over = new AbortController();
  #client: RealtimeClient;
  #asked: { ref: string; at: number } | undefined;
  #latency: number | null = null;
  #shown: Shown;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#client = this.#make(options.cursor);
    this.#shown = this.#look();
  }

  /** What is so now; another object whenever something in it is different. */
  get shown(): Shown {
    return this.#shown;
  }

  start(): void {
    this.#client.connect();
    const ping = setInterval(() => this.#measure(), PING);
    const { signal } = this.#over;
    signal.addEventListener("abort", () => clearInterval(ping));
    addEventListener("storage", ({ key }) => key === BLOCKED && this.#change(), { signal }); // of another tab
  }

  stop(): void {
    this.#over.abort();
    this.#client.close();
  }

  /** Call `listener` with every event; gives its end. */
  listen(listener: (event: StreamEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Call `watcher` whenever `shown` is another one; gives its end. */
  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Call `load` when the state has to be loaded anew; gives its end. */
  onResync(load: Resync): () => void {
    this.#resyncs.add(load);
    return () => this.#resyncs.delete(load);
  }

  /** Read a channel until the returned function is called. */
  subscribe(channel: string): () => void {
    const readers = this.#readers.get(channel) ?? 0;
    this.#readers.set(channel, readers + 1);
    if (readers === 0) this.#leaves.set(channel, this.#client.subscribe(channel));
    return () => this.#unsubscribe(channel);
  }

  /** The person writes a comment (to be called on each key), or has stopped. */
  typing(postId: string, on: boolean): void {
    if (on) this.#client.startTyping(postId);
    else this.#client.stopTyping(postId);
  }

  /** Leave WebSockets out, or use them again: in all tabs, and remembered by this browser. */
  block(blocked: boolean): void {
    if (blocked) localStorage.setItem(BLOCKED, "yes");
    else localStorage.removeItem(BLOCKED);
    this.#change();
  }

  /** Try anew after an end that was final. */
  connect(): void {
    if (!this.#over.signal.aborted) this.#client.connect();
  }

  #make(cursor: string | undefined): RealtimeClient {
    const client = new RealtimeClient({
      url: `${location.origin}/api/v1`,
      share: tabs(),
      ...byCookie(this.#options.person, this.#options.csrfToken),
      ...(cursor !== undefined && { cursor }),
      ...(isBlocked() && { transports: FALLBACKS, storage: null }),
    });
    client.on("event", (event) => this.#event(event));
    client.on("change", () => this.#show());
    client.on("resync", () => Promise.all([...this.#resyncs].map((load) => load())));
    return client;
  }

  /** Go on with other transports, from the same cursor and with the same channels. */
  #change(): void {
    const { cursor } = this.#client;
    this.#client.close();
    this.#client = this.#make(cursor);
    for (const channel of this.#readers.keys()) this.#leaves.set(channel, this.#client.subscribe(channel));
    this.#client.connect();
  }

  #unsubscribe(channel: string): void {
    const left = (this.#readers.get(channel) ?? 1) - 1;
    if (left > 0) {
      this.#readers.set(channel, left);
      return;
    }
    this.#readers.delete(channel);
    this.#leaves.get(channel)?.();
    this.#leaves.delete(channel);
  }

  #event(event: StreamEvent): void {
    if (event.type === "Subscribed" && event.data.ref && event.data.ref === this.#asked?.ref)
      this.#measured();
    for (const listener of [...this.#listeners]) listener(event);
    if (event.type === "Connected") setTimeout(() => this.#measure());
    if ("id" in event || event.type === "Heartbeat") this.#show();
  }

  /** By what is read anyway: the answer comes over the stream. Polls have no way for it. */
  #measure(): void {
    if (this.#client.state.status !== "open" || this.#client.state.transport === "poll") return;
    const ref = `ping ${Math.random()}`;
    this.#asked = { ref, at: performance.now() };
    this.#client.send({ type: "Subscribe", channels: ["system"], ref });
  }

  #measured(): void {
    if (this.#asked) this.#latency = Math.max(1, Math.round(performance.now() - this.#asked.at));
    this.#asked = undefined;
    this.#show();
  }

  #look(): Shown {
    const { state, cursor } = this.#client;
    if (state.status !== "open") this.#latency = null;
    return { ...state, cursor, latency: this.#latency, blocked: isBlocked() };
  }

  #show(): void {
    this.#shown = this.#look();
    for (const watcher of [...this.#watchers]) watcher();
  }
}

/** Whether an answer is that to a measurement, and nothing new is read. */
export function isPing(ref: string | null | undefined): boolean {
  return ref?.startsWith("ping ") ?? false;
}

function isBlocked(): boolean {
  return localStorage.getItem(BLOCKED) !== null;
}
