import type {
  Connected,
  DurableEvent,
  ResyncRequired,
  StreamEvent,
  Subscribed,
  SubscribeMessage,
  Unsubscribed,
} from "./events.js";
import { type Call, cut, refusal, timestamp } from "./http.js";
import type { Open, Opening, Receiver } from "./transport.js";
import { named } from "./transport.js";

const WAIT = 25; // seconds that the server may wait for an event
const PAUSE = 1_000; // milliseconds after an answer that came at once with nothing, as while the server drains

interface Answer {
  data: DurableEvent[];
  cursor: string;
  has_more: boolean;
  resync: { reason: ResyncRequired["data"]["reason"] } | null;
}

/**
 * Long polls, where nothing else gets through. The answers are told as a stream tells them, with events of a
 * connection that there is not: `Connected` after the first answer, a `Heartbeat` after each that is up to date. Typing
 * and presence do not come this way.
 */
export function pollTransport(call: Call): Open {
  return (opening, receiver) => {
    const poll = new Poll(call, opening, receiver);
    poll.run().catch((error: unknown) => receiver.ended(cut(error)));
    return {
      send(message) {
        if (message.type === "Subscribe") poll.subscribe(message);
        if (message.type === "Unsubscribe") poll.unsubscribe(message.channels);
        if (message.type === "Authenticate") poll.token = message.token;
      },
      close: () => poll.close(),
    };
  };
}

class Poll {
  token: string;
  readonly #call: Call;
  readonly #receiver: Receiver;
  readonly #channels: Set<string>;
  #after: string | undefined;
  #abort = new AbortController();
  #closed = false;

  constructor(call: Call, opening: Opening, receiver: Receiver) {
    this.#call = call;
    this.#receiver = receiver;
    this.token = opening.token;
    this.#channels = new Set(opening.channels);
    this.#after = opening.cursor;
  }

  close(): void {
    this.#closed = true;
    this.#abort.abort();
  }

  /** From `since` on, for all channels: what was had already is known by its id. */
  subscribe({ channels, since, ref }: SubscribeMessage): void {
    for (const name of channels) this.#channels.add(name);
    this.#after = since ?? this.#after;
    this.#tell("Subscribed", ref);
  }

  unsubscribe(names: string[]): void {
    for (const name of names) this.#channels.delete(name);
    this.#tell("Unsubscribed");
  }

  async run(): Promise<void> {
    let wait = 0; // the first answer says that it works
    while (!this.#closed) {
      const begin = Date.now();
      const response = await this.#ask([...this.#channels], wait);
      if (!response) continue;
      if (response.status === 422 && (await this.#drop())) continue;
      if (!response.ok) return this.#receiver.ended(await refusal(response));
      const answer: Answer | undefined = await response.json().catch((error: unknown) => {
        if (!this.#abort.signal.aborted) throw error;
      });
      if (!answer || this.#closed) continue;
      if (wait === 0) this.#connected(answer);
      this.#take(answer);
      const idle = wait > 0 && answer.data.length === 0 && Date.now() - begin < PAUSE;
      if (idle) await new Promise((resolve) => setTimeout(resolve, PAUSE));
      wait = WAIT;
    }
  }

  /** The answer; undefined if something else is to be asked now. */
  async #ask(channels: string[], wait: number): Promise<Response | undefined> {
    const abort = new AbortController();
    this.#abort = abort;
    const cursor = this.#after === undefined ? "" : `&after=${encodeURIComponent(this.#after)}`;
    try {
      const path = `/realtime/events?${named(channels)}${cursor}&wait=${wait}`;
      return await this.#call(path, this.token, { signal: abort.signal });
    } catch (error) {
      if (abort.signal.aborted) return undefined;
      throw error;
    }
  }

  /** Do without the channels that cannot be read, as a stream does; whether there are any. */
  async #drop(): Promise<boolean> {
    const before = this.#channels.size;
    for (const name of [...this.#channels]) {
      const response = await this.#ask([name], 0);
      if (response?.status !== 422) continue;
      this.#channels.delete(name);
      const data = { code: "channel_forbidden", message: `${name} cannot be read`, ref: null };
      this.#say({ type: "Error", data });
    }
    return this.#channels.size < before;
  }

  #take({ data, cursor, has_more, resync }: Answer): void {
    const asked = this.#after;
    for (const event of data) this.#receiver.event(event);
    if (this.#after !== asked) return; // a listener subscribed from another cursor
    this.#after = cursor;
    if (resync) this.#say({ type: "ResyncRequired", data: { reason: resync.reason, cursor } });
    else if (!has_more) this.#say({ type: "Heartbeat", data: { timestamp: timestamp(), cursor } });
  }

  #connected({ cursor, resync }: Answer): void {
    const resume = resync ? "reset" : this.#after === undefined ? "fresh" : "resumed";
    const data = {
      channels: [...this.#channels],
      cursor: this.#after ?? cursor,
      resume,
      heartbeat_seconds: WAIT,
      timeout_seconds: 2 * WAIT,
      expires_at: "9999-12-31T00:00:00Z", // a poll that is refused says so
    };
    this.#say({ type: "Connected", data } as Omit<Connected, "timestamp">);
  }

  #tell(type: "Subscribed" | "Unsubscribed", ref?: string | null): void {
    const data = { channels: [...this.#channels], cursor: this.#after ?? "", ref };
    this.#say({ type, data } as Omit<Subscribed | Unsubscribed, "timestamp">);
    this.#abort.abort(); // what is waited for is another thing now
  }

  #say(event: { type: string; data: unknown }): void {
    this.#receiver.event({ ...event, timestamp: timestamp() } as StreamEvent);
  }
}
