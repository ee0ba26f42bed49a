import type { Clock } from "../../src/clock.js";
import type { Channel, Locks, Means } from "../../src/tabs/index.js";

interface Request {
  taken: () => Promise<void> | void;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** The exclusive locks of one browser, as https://w3c.github.io/web-locks/ has them, and what holds them. */
class LockTable {
  readonly #holders = new Map<string, Request>();
  readonly #queues = new Map<string, Request[]>();

  request(name: string, request: Request, steal: boolean): void {
    const holder = this.#holders.get(name);
    if (holder && !steal) {
      this.#queues.set(name, [...(this.#queues.get(name) ?? []), request]);
      return;
    }
    holder?.reject(new Error("AbortError: the lock was stolen"));
    this.#grant(name, request);
  }

  withdraw(name: string, request: Request): void {
    const queue = this.#queues.get(name) ?? [];
    if (!queue.includes(request)) return;
    this.#queues.set(
      name,
      queue.filter((other) => other !== request),
    );
    request.reject(new Error("AbortError: withdrawn"));
  }

  /** The page of these requests is gone: nothing of it runs any more. */
  drop(name: string, request: Request): void {
    this.#queues.set(
      name,
      (this.#queues.get(name) ?? []).filter((other) => other !== request),
    );
    if (this.#holders.get(name) === request) this.#next(name);
  }

  #grant(name: string, request: Request): void {
    this.#holders.set(name, request);
    setImmediate(async () => {
      await request.taken();
      if (this.#holders.get(name) === request) this.#next(name);
      request.resolve(undefined);
    });
  }

  #next(name: string): void {
    this.#holders.delete(name);
    const next = this.#queues.get(name)?.shift();
    if (next) this.#grant(name, next);
  }
}

/** A browser that tabs are open in, all in this process. A tab can die, and be frozen, at any moment. */
export class Browser {
  readonly #table = new LockTable();
  readonly #tabs = new Set<Tab>();
  readonly channel: (name: string) => Channel;

  /** With what carries messages between tabs; by default at once. */
  constructor(channel?: (name: string) => Channel) {
    this.channel = channel ?? broadcasts();
  }

  tab(): Tab {
    const tab = new Tab(this.#table, this.channel);
    this.#tabs.add(tab);
    return tab;
  }
}

/** What one tab of a browser can do. */
export class Tab implements Means {
  readonly #table: LockTable;
  readonly #make: (name: string) => Channel;
  readonly #requests = new Map<Request, string>();
  readonly #open: Channel[] = [];
  #dead = false;
  #frozen: (() => void)[] | undefined;

  constructor(table: LockTable, make: (name: string) => Channel) {
    this.#table = table;
    this.#make = make;
  }

  readonly locks: Locks = {
    request: (name, { signal, steal = false }, callback) =>
      new Promise((resolve, reject) => {
        const taken = () => new Promise<void>((done) => this.run(() => void settle(callback(), done)));
        const request: Request = {
          taken,
          resolve,
          reject: (error) => this.run(() => reject(error)),
        };
        this.#requests.set(request, name);
        signal?.addEventListener("abort", () => this.#table.withdraw(name, request));
        this.#table.request(name, request, steal);
      }),
  };

  readonly channel = (name: string): Channel => {
    const channel = this.#make(name);
    this.#open.push(channel);
    let heard: Channel["onmessage"] = null;
    channel.onmessage = (event) => this.run(() => heard?.(event));
    return {
      get onmessage() {
        return heard;
      },
      set onmessage(listener) {
        heard = listener;
      },
      postMessage: (message) => void (this.#dead || channel.postMessage(message)),
      close: () => channel.close(),
    };
  };

  /** The process of the tab is killed: its locks are free, and it says nothing more. */
  kill(): void {
    this.#dead = true;
    this.#frozen = undefined;
    for (const channel of this.#open) channel.close();
    for (const [request, name] of this.#requests) this.#table.drop(name, request);
  }

  get dead(): boolean {
    return this.#dead;
  }

  get frozen(): boolean {
    return this.#frozen !== undefined;
  }

  /** Time as it passes in the tab. */
  clock(clock: Clock): Clock {
    return { now: () => clock.now(), after: (ms, call) => clock.after(ms, () => this.run(call)) };
  }

  /** Nothing of the tab runs until it is thawed; what comes meanwhile waits. It was not warned. */
  freeze(): void {
    this.#frozen = [];
  }

  thaw(): void {
    const waiting = this.#frozen ?? [];
    this.#frozen = undefined;
    for (const run of waiting) run();
  }

  /** Have something happen in the tab, if it still runs, or once it does again. */
  run(call: () => void): void {
    if (this.#dead) return;
    if (this.#frozen) this.#frozen.push(call);
    else call();
  }
}

async function settle(held: Promise<void> | void, done: () => void): Promise<void> {
  await held;
  done();
}

/** What tabs say to each other, when this turn of the event loop is over. */
export function broadcasts(
  later: (receiver: Channel, deliver: () => void) => void = (_, deliver) => queueMicrotask(deliver),
): (name: string) => Channel {
  const open = new Map<string, Set<Channel>>();
  return (name) => {
    const all = open.get(name) ?? new Set();
    open.set(name, all);
    const channel: Channel = {
      onmessage: null,
      postMessage(message) {
        if (!all.has(channel)) throw new Error("InvalidStateError: the channel is closed");
        for (const other of all) {
          if (other === channel) continue;
          const data = structuredClone(message);
          later(other, () => all.has(other) && other.onmessage?.({ data }));
        }
      },
      close: () => all.delete(channel),
    };
    all.add(channel);
    return channel;
  };
}
