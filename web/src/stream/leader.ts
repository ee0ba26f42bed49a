import { RealtimeClient, type StreamEvent, type TransportName } from "@itcook/realtime";
import { byCookie } from "./cookie.js";
import type { Asked, Shown, Told } from "./messages.js";

const PING = 10_000; // milliseconds between measurements of the latency
const FALLBACKS: TransportName[] = ["sse", "poll"];

export interface LeaderOptions {
  csrfToken: () => string;
  cursor: string | undefined;
  blocked: boolean;
  tell: (told: Told) => void;
  /** Load the state anew; the cursor stays behind until that is done. */
  resync: () => Promise<unknown>;
}

/** The one connection of all tabs of a person, in the tab that leads. */
export class Leader {
  readonly #options: LeaderOptions;
  readonly #wants = new Map<string, Map<string, () => void>>(); // by tab and channel, what ends the reading
  readonly #ping: ReturnType<typeof setInterval>;
  #client: RealtimeClient;
  #blocked: boolean;
  #asked: { ref: string; at: number } | undefined;
  #latency: number | null = null;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#blocked = options.blocked;
    this.#client = this.#make(options.cursor);
    this.#client.connect();
    this.#ping = setInterval(() => this.#measure(), PING);
  }

  get shown(): Shown {
    return {
      ...this.#client.state,
      cursor: this.#client.cursor,
      latency: this.#latency,
      blocked: this.#blocked,
    };
  }

  handle(asked: Asked): void {
    if (asked.kind === "wants") this.#want(asked.tab, asked.channels);
    else if (asked.kind === "block") this.#block(asked.blocked);
    else if (asked.kind === "connect") this.#client.connect();
    else if (asked.on) this.#client.startTyping(asked.postId);
    else this.#client.stopTyping(asked.postId);
  }

  /** The tab is gone, and what it read with it. */
  forget(tab: string): void {
    this.#want(tab, []);
    this.#wants.delete(tab);
  }

  close(): void {
    clearInterval(this.#ping);
    this.#client.close();
  }

  #make(cursor: string | undefined): RealtimeClient {
    const client = new RealtimeClient({
      url: `${location.origin}/api/v1`,
      ...byCookie(this.#options.csrfToken),
      ...(cursor !== undefined && { cursor }),
      ...(this.#blocked && { transports: FALLBACKS, storage: null }),
    });
    client.on("event", (event) => this.#event(event));
    client.on("change", () => this.#changed());
    client.on("resync", () => {
      this.#options.tell({ kind: "resync" });
      return this.#options.resync();
    });
    return client;
  }

  #event(event: StreamEvent): void {
    if (event.type === "Subscribed" && event.data.ref === this.#asked?.ref) this.#measured();
    this.#options.tell({ kind: "event", event });
    if (event.type === "Connected") this.#measure();
    if (event.type === "Heartbeat") this.#changed();
  }

  #changed(): void {
    if (this.#client.state.status !== "open") this.#latency = null;
    this.#options.tell({ kind: "shown", shown: this.shown });
  }

  #want(tab: string, channels: readonly string[]): void {
    const had = this.#wants.get(tab) ?? new Map<string, () => void>();
    this.#wants.set(tab, had);
    for (const channel of channels) {
      if (!had.has(channel)) had.set(channel, this.#client.subscribe(channel));
    }
    for (const [channel, leave] of had) {
      if (channels.includes(channel)) continue;
      leave();
      had.delete(channel);
    }
  }

  /** Go on with other transports, from the same cursor and with the same channels. */
  #block(blocked: boolean): void {
    if (blocked === this.#blocked) return;
    this.#blocked = blocked;
    const { cursor } = this.#client;
    const wanted = [...this.#wants].map(([tab, channels]) => [tab, [...channels.keys()]] as const);
    this.#client.close();
    this.#wants.clear();
    this.#client = this.#make(cursor);
    this.#client.connect();
    for (const [tab, channels] of wanted) this.#want(tab, channels);
  }

  /** By what is read anyway: the answer comes over the stream. Polls have no way for it. */
  #measure(): void {
    if (this.#client.state.transport === "poll") return;
    const ref = `ping ${Date.now()}`;
    if (!this.#client.send({ type: "Subscribe", channels: ["system"], ref })) return;
    this.#asked = { ref, at: performance.now() };
  }

  #measured(): void {
    if (!this.#asked) return;
    this.#latency = Math.max(1, Math.round(performance.now() - this.#asked.at));
    this.#asked = undefined;
    this.#changed();
  }
}
