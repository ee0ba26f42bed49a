import type { SocketLike } from "../../src/transport-websocket.js";
import type { Tab } from "./browser.js";
import type { TestClock } from "./clock.js";

const CHANNELS = ["community", "post:1", "post:2"];
const HEARTBEAT = 10_000; // milliseconds

interface Entry {
  id: string;
  channel: string;
}

/** What the server does for a stream and for polls, in a few lines: one log, from which all is told. */
export class LogServer {
  readonly log: Entry[] = [];
  readonly #clock: TestClock;
  readonly #streams = new Set<Stream>();

  constructor(clock: TestClock) {
    this.#clock = clock;
    this.#beat();
  }

  get cursor(): string {
    return `e.${this.log.length}`;
  }

  get connections(): number {
    return this.#streams.size;
  }

  happen(channel: number): void {
    const entry = { id: `e.${this.log.length + 1}`, channel: CHANNELS[channel % CHANNELS.length] as string };
    this.log.push(entry);
    for (const stream of this.#streams) stream.offer(entry);
  }

  /** Cut every connection. */
  cut(): void {
    for (const stream of this.#streams) stream.cut();
  }

  /** Connections of tabs that were killed are gone. */
  sweep(): void {
    for (const stream of this.#streams) if (stream.tab.dead) this.#streams.delete(stream);
  }

  /** What the tab has for `WebSocket`. */
  socket(tab: Tab): new (url: string) => SocketLike {
    const server = this;
    return class extends Stream {
      constructor(url: string) {
        super(server, tab, new URL(url).searchParams, () => server.#streams.delete(this));
        server.#streams.add(this);
      }
    };
  }

  /** What the tab has for `fetch`. */
  fetch(tab: Tab): typeof fetch {
    return (url) => {
      const query = new URL(String(url)).searchParams;
      const wanted = new Set(query.get("channels")?.split(","));
      const after = Number(query.get("after")?.slice(2) ?? this.log.length);
      const missed = this.log.slice(after).filter(({ channel }) => wanted.has(channel));
      const data = missed.slice(0, 3).map(said);
      const more = missed.length > data.length;
      const cursor = more ? data.at(-1)?.id : this.cursor;
      const body = JSON.stringify({ data, cursor, has_more: more, resync: null });
      if (query.get("wait") !== "0" && data.length === 0) return new Promise(() => {}); // nobody waits for it
      return new Promise((resolve) => setImmediate(() => tab.run(() => resolve(new Response(body)))));
    };
  }

  #beat(): void {
    this.#clock.after(HEARTBEAT, () => {
      for (const stream of this.#streams) stream.say("Heartbeat", { timestamp: "", cursor: this.cursor });
      this.#beat();
    });
  }
}

class Stream implements SocketLike {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readonly #channels: Set<string>;

  constructor(
    readonly server: LogServer,
    readonly tab: Tab,
    query: URLSearchParams,
    readonly gone: () => void,
  ) {
    this.#channels = new Set(query.get("channels")?.split(","));
    const cursor = query.get("cursor");
    setImmediate(() => this.#begin(cursor ?? server.cursor, cursor ? "resumed" : "fresh"));
  }

  offer(entry: Entry): void {
    if (this.#begun && this.#channels.has(entry.channel)) this.#send(said(entry));
  }

  say(type: string, data: object): void {
    if (this.#begun) this.#send({ type, timestamp: "2026-11-23T12:00:00.000Z", data });
  }

  cut(): void {
    this.gone();
    this.tab.run(() => this.onclose?.({ code: 1006, reason: "" }));
  }

  send(text: string): void {
    const { type, channels, ref = null } = JSON.parse(text);
    for (const name of channels ?? []) {
      if (type === "Subscribe") this.#channels.add(name);
      if (type === "Unsubscribe") this.#channels.delete(name);
    }
    const data = { channels: [...this.#channels], cursor: this.server.cursor, replayed: 0, ref };
    setImmediate(() => this.say(`${type}d`, data));
  }

  close(): void {
    this.gone();
  }

  #begun = false;

  #begin(cursor: string, resume: string): void {
    this.#begun = true;
    const channels = [...this.#channels];
    const after = Number(cursor.slice(2));
    const lasts = { heartbeat_seconds: 10, timeout_seconds: 30, expires_at: "2099-01-01T00:00:00.000Z" };
    this.say("Connected", {
      connection_id: "c",
      user_id: "u",
      channels,
      cursor,
      resume,
      replayed: 0,
      ...lasts,
    });
    for (const entry of this.server.log.slice(after)) this.offer(entry);
  }

  #send(event: object): void {
    const data = JSON.stringify(event);
    this.tab.run(() => this.onmessage?.({ data }));
  }
}

function said({ id, channel }: Entry) {
  return { id, type: "PostDeleted", channel, timestamp: "", data: { post_id: id, author_id: "a" } };
}
