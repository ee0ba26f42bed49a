import type { StreamEvent } from "@itcook/realtime";
import { Leader } from "./leader.js";
import type { Asked, Message, Shown, Told } from "./messages.js";

const REMEMBERED = 2_000; // ids of events: those that a tab which went away may have told just before
const BLOCKED = "itcook.block-websockets";

export interface StreamOptions {
  /** Whose stream it is: the tabs of one person share one connection. */
  person: string;
  csrfToken: () => string;
  /** The cursor of the first answer that the page was made from. */
  cursor: string | undefined;
}

type Resync = () => Promise<unknown>;

/**
 * A person's stream as one tab sees it. The tab that holds the lock has the connection, and tells the others what
 * comes; when it goes, the next one goes on from what it has heard last. Where there are no locks, as over plain
 * http, each tab has a connection of its own.
 */
export class Stream {
  readonly #options: StreamOptions;
  readonly #tab = Math.random().toString(36).slice(2);
  readonly #listeners = new Set<(event: StreamEvent) => void>();
  readonly #watchers = new Set<() => void>();
  readonly #resyncs = new Set<Resync>();
  readonly #channels = new Map<string, number>();
  readonly #seen = new Set<string>();
  readonly #known = new Set<string>(); // the other tabs, while this one leads
  readonly #others: BroadcastChannel | undefined;
  readonly #over = new AbortController();
  #leader: Leader | undefined;
  #shown: Shown;

  constructor(options: StreamOptions) {
    this.#options = options;
    const blocked = localStorage.getItem(BLOCKED) !== null;
    this.#shown = { ...IDLE, cursor: options.cursor, blocked };
    if (!navigator.locks) return;
    this.#others = new BroadcastChannel(`itcook.stream.${options.person}`);
    this.#others.onmessage = ({ data }: MessageEvent<Message>) => this.#heard(data);
  }

  /** What is so now; another object whenever something in it is different. */
  get shown(): Shown {
    return this.#shown;
  }

  /** Whether this tab has the connection. */
  get leads(): boolean {
    return this.#leader !== undefined;
  }

  start(): void {
    if (!this.#others) return this.#lead();
    void hold(this.#lockOf(this.#tab), this.#over.signal, () => true); // its end tells that this tab is gone
    void hold(this.#lockOf("leader"), this.#over.signal, () => {
      this.#lead();
      return true;
    });
    this.#ask({ kind: "wants", tab: this.#tab, channels: [] });
  }

  stop(): void {
    this.#over.abort();
    this.#leader?.close();
    this.#leader = undefined;
    this.#others?.close();
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
    this.#channels.set(channel, (this.#channels.get(channel) ?? 0) + 1);
    this.#sayWants();
    return () => {
      const left = (this.#channels.get(channel) ?? 1) - 1;
      if (left > 0) this.#channels.set(channel, left);
      else this.#channels.delete(channel);
      this.#sayWants();
    };
  }

  /** The person writes a comment (to be called on each key), or has stopped. */
  typing(postId: string, on: boolean): void {
    this.#ask({ kind: "typing", postId, on });
  }

  /** Leave WebSockets out, or use them again; remembered by this browser. */
  block(blocked: boolean): void {
    if (blocked) localStorage.setItem(BLOCKED, "yes");
    else localStorage.removeItem(BLOCKED);
    this.#ask({ kind: "block", blocked });
  }

  /** Try anew after an end that was final. */
  connect(): void {
    this.#ask({ kind: "connect" });
  }

  #lead(): void {
    const { cursor, blocked } = this.#shown;
    this.#tell({ kind: "lead", cursor });
    this.#leader = new Leader({
      csrfToken: this.#options.csrfToken,
      cursor,
      blocked,
      tell: (told) => this.#tell(told),
      resync: () => this.#resync(),
    });
    this.#sayWants();
  }

  #sayWants(): void {
    this.#ask({ kind: "wants", tab: this.#tab, channels: [...this.#channels.keys()] });
  }

  #ask(asked: Asked): void {
    if (this.#leader) this.#leader.handle(asked);
    else this.#others?.postMessage(asked);
  }

  #tell(told: Told): void {
    this.#others?.postMessage(told);
    if (told.kind !== "resync" && told.kind !== "lead") this.#take(told);
  }

  #heard(message: Message): void {
    if (isTold(message)) return this.#take(message);
    if (!this.#leader) return;
    if (message.kind === "wants") this.#welcome(message.tab);
    this.#leader.handle(message);
  }

  /** Show a tab that has come what is so, and notice when it goes. */
  #welcome(tab: string): void {
    if (!this.#leader || this.#known.has(tab)) return;
    this.#known.add(tab);
    this.#tell({ kind: "shown", shown: this.#leader.shown });
    void hold(this.#lockOf(tab), this.#over.signal, () => {
      this.#known.delete(tab);
      this.#leader?.forget(tab);
      return false;
    });
  }

  #take(told: Told): void {
    if (told.kind === "event") return this.#event(told.event);
    if (told.kind === "resync") return void this.#resync();
    if (told.kind === "shown") return this.#show(told.shown);
    // What was heard last may be more or less than what the new leader heard: where it differs, nobody else knows.
    if (told.cursor !== this.#shown.cursor) void this.#resync();
    this.#sayWants();
  }

  #event(event: StreamEvent): void {
    if ("id" in event) {
      if (this.#seen.has(event.id)) return;
      remember(this.#seen, event.id);
      this.#show({ ...this.#shown, cursor: event.id });
    }
    for (const listener of [...this.#listeners]) listener(event);
  }

  #show(shown: Shown): void {
    this.#shown = shown;
    for (const watcher of [...this.#watchers]) watcher();
  }

  #resync(): Promise<unknown> {
    return Promise.all([...this.#resyncs].map((load) => load()));
  }

  #lockOf(name: string): string {
    return `itcook.stream.${this.#options.person}.${name}`;
  }
}

const IDLE = { status: "connecting", transport: null, error: null, latency: null } as const;

function isTold(message: Message): message is Told {
  return ["event", "shown", "resync", "lead"].includes(message.kind);
}

/** Have a lock from the moment on that it is free: until `signal` if `had` says to keep it, else for a moment. */
async function hold(name: string, signal: AbortSignal, had: () => boolean): Promise<void> {
  const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  await navigator.locks
    .request(name, { signal }, () => (had() ? ended : undefined))
    .catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
}

function remember(seen: Set<string>, id: string): void {
  seen.add(id);
  if (seen.size <= REMEMBERED) return;
  for (const oldest of seen) {
    seen.delete(oldest);
    return;
  }
}
