/** As much of `LockManager` as is used. */
export interface Locks {
  request(
    name: string,
    options: { signal?: AbortSignal; steal?: boolean },
    callback: () => Promise<void> | void,
  ): Promise<unknown>;
}

/** As much of `BroadcastChannel` as is used. */
export interface Channel {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** What tabs find each other with; `undefined` where there is no such thing. */
export interface Means {
  locks: Locks | undefined;
  channel: ((name: string) => Channel) | undefined;
}

export function browserMeans(): Means {
  const { BroadcastChannel, navigator } = globalThis;
  return {
    // Its types are those of one browser context; what is used of it is the same everywhere.
    locks: navigator?.locks as Locks | undefined,
    channel: BroadcastChannel && ((name) => new BroadcastChannel(name) as unknown as Channel),
  };
}

/** A lock that is held from `held` until `release`, and waited for until then. `lost` if it was stolen. */
export class Hold {
  #release = () => {};
  #over = false;
  readonly #abort = new AbortController();

  constructor(locks: Locks, name: string, { steal = false }, held: () => void, lost: () => void) {
    const taken = () =>
      new Promise<void>((resolve) => {
        this.#release = resolve;
        if (this.#over) resolve();
        else held();
      });
    // A request with both is refused.
    const options = steal ? { steal } : { signal: this.#abort.signal };
    locks.request(name, options, taken).catch(() => this.#over || lost());
  }

  release(): void {
    this.#over = true;
    this.#abort.abort();
    this.#release();
  }
}
