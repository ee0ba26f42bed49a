import type { Failure, RealtimeClient, Status, StreamEvent, TransportName } from "../index.js";

/** What components show of the stream. The object is another one exactly when something in it is. */
export interface Feed {
  readonly isConnected: boolean;
  readonly status: Status;
  /** What the stream comes over, while it is connected. */
  readonly transport: TransportName | null;
  readonly error: Failure | null;
  /** The durable events that came last, the newest at the end. */
  readonly events: readonly StreamEvent[];
  readonly lastEvent: StreamEvent | null;
}

export const EMPTY: Feed = {
  isConnected: false,
  status: "idle",
  transport: null,
  error: null,
  events: [],
  lastEvent: null,
};

/** The feed of one client, for `useSyncExternalStore`. */
export class Store {
  readonly #listeners = new Set<() => void>();
  #feed = EMPTY;

  constructor(client: RealtimeClient, bound: number) {
    client.on("change", () => {
      const { status, transport, error } = client.state;
      this.#set({ status, transport, error, isConnected: status === "open" });
    });
    client.on("event", (event) => {
      if (!("id" in event)) return;
      this.#set({ events: [...this.#feed.events, event].slice(-bound), lastEvent: event });
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): Feed => this.#feed;

  readonly clear = (): void => this.#set({ events: [], lastEvent: null });

  #set(change: Partial<Feed>): void {
    this.#feed = { ...this.#feed, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}
