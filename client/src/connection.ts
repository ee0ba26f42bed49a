import type { Clock } from "./clock.js";
import type { ClientMessage, ConnectedData, StreamEvent } from "./events.js";
import { cut } from "./http.js";
import type { End, Open, Opening, Transport, TransportName } from "./transport.js";

const PATIENCE = 10_000; // milliseconds until `Connected`; a proxy that buffers lets nothing through at all
const GRACE = 2_000; // on top of a heartbeat's interval, when one is due

/** Whoever has the connection. */
export interface Watcher {
  event(event: StreamEvent): void;
  ended(end: End): void;
}

/**
 * One connection on one transport, watched for silence. The first event is `Connected`, or it is of no use. It ends
 * once, and says nothing afterwards.
 */
export class Connection {
  /** What the server said of it; undefined until it is of use. */
  connected: ConnectedData | undefined;
  /** When it connected. */
  since = 0;
  /** The channels that the server was asked for on it. */
  readonly asked: Set<string>;
  /** What it was asked to begin at a cursor: the cursors with the channels. */
  readonly caughtUp = new Set<string>();
  readonly #clock: Clock;
  readonly #receiver: Watcher;
  #transport: Transport | undefined;
  #over = false;
  #deadline = 0;
  #cancel = () => {};

  constructor(
    readonly name: TransportName,
    open: Open,
    opening: Opening,
    clock: Clock,
    receiver: Watcher,
  ) {
    this.asked = new Set(opening.channels);
    this.#clock = clock;
    this.#receiver = receiver;
    this.#wait(PATIENCE);
    try {
      this.#transport = open(opening, {
        event: (event) => this.#event(event),
        text: (json) => this.#text(json),
        ended: (end) => this.#end(end),
      });
    } catch (error) {
      // Not now: whoever opens it is still at it.
      const end = cut(error);
      this.#cancel();
      this.#cancel = clock.after(0, () => this.#end(end));
    }
  }

  send(message: ClientMessage): void {
    try {
      this.#transport?.send(message, this.connected?.connection_id ?? "");
    } catch (error) {
      this.#end(cut(error));
    }
  }

  /** Close without a word to the receiver. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancel();
    this.#transport?.close();
  }

  /** Time may have stood still, or the network been another: end it if it is overdue, and expect a sign of life. */
  check(): void {
    const left = this.#deadline - this.#clock.now();
    const due = (this.connected?.heartbeat_seconds ?? 0) * 1000 + GRACE;
    this.#wait(this.connected ? Math.min(left, due) : left);
  }

  #text(json: string): void {
    let event: StreamEvent;
    try {
      event = JSON.parse(json);
    } catch {
      return this.#end(cut("what came is not JSON"));
    }
    this.#event(event);
  }

  #event(event: StreamEvent): void {
    if (this.#over) return;
    if (event.type === "Connected") {
      this.connected = event.data;
      this.since = this.#clock.now();
    }
    if (this.connected) this.#wait(this.connected.timeout_seconds * 1000);
    this.#receiver.event(event);
    if (event.type !== "Disconnecting") return;
    const { code, reason, reconnect, retry_after_ms: retryAfter } = event.data;
    this.#end({ kind: "told", code, reason, reconnect, retryAfter });
  }

  #end(end: End): void {
    if (this.#over) return;
    this.close();
    this.#receiver.ended(end);
  }

  #wait(ms: number): void {
    this.#cancel();
    this.#deadline = this.#clock.now() + ms;
    this.#cancel = this.#clock.after(Math.max(0, ms), () => {
      this.#end({ kind: "mute", reason: "nothing was heard from the server" });
    });
  }
}
