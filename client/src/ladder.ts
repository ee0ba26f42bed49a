import type { TransportName } from "./transport.js";

const STRIKES = 3; // deaths right after opening
const FIRST_CLIMB = 60_000;
const LAST_CLIMB = 15 * 60_000;

/** How a connection failed: before it was of use, or soon after. */
export type Failure = "useless" | "died";

/**
 * Which transport to try. Judged by use, not by opening: a proxy may let a WebSocket open and carry nothing.
 *
 * An attempt goes down from the highest transport; what is useful becomes the place where the next attempt begins.
 * When all fail, the network or the server is to blame and no transport: then it begins at the top again.
 */
export class Ladder {
  readonly #rungs: readonly TransportName[];
  #base: number; // where attempts begin
  #at: number;
  #strikes = 0;
  #climb: number | undefined; // the rung above that was probed last
  #wait = FIRST_CLIMB;

  constructor(rungs: readonly TransportName[], remembered?: string | null) {
    this.#rungs = rungs;
    this.#base = Math.max(0, rungs.indexOf(remembered as TransportName));
    this.#at = this.#base;
  }

  /** What to try now. */
  get current(): TransportName {
    return this.#rungs[this.#at] as TransportName;
  }

  /** Whether the current one is the best there is. */
  get isTop(): boolean {
    return this.#at === 0;
  }

  /** Milliseconds until a higher transport is worth a probe. */
  get climbAfter(): number {
    return this.#wait;
  }

  /** The current transport failed. Whether another one should be tried without waiting. */
  failed(how: Failure): boolean {
    if (how === "died" && ++this.#strikes < STRIKES) return false;
    this.#strikes = 0;
    this.#at++;
    if (this.#at < this.#rungs.length) return true;
    this.forget();
    this.restart();
    return false;
  }

  /** The current transport carried the stream for a while, or `climbed` to it: attempts begin with it. */
  useful(): void {
    this.#strikes = 0;
    this.#base = this.#at;
    if (this.isTop) this.#wait = FIRST_CLIMB;
  }

  /** A higher transport to probe: the highest first, then the ones below it. */
  probe(): TransportName {
    this.#climb = this.#climb === undefined || this.#climb + 1 >= this.#at ? 0 : this.#climb + 1;
    return this.#rungs[this.#climb] as TransportName;
  }

  /** The probe connected: it is the current transport now. */
  climbed(): void {
    this.#at = this.#climb ?? 0;
    this.#climb = undefined;
    this.#strikes = 0;
  }

  /** The probe failed; the next one is to come later. */
  slipped(): void {
    if ((this.#climb ?? 0) + 1 >= this.#at) this.#wait = Math.min(2 * this.#wait, LAST_CLIMB);
  }

  /** Another network may allow more: the next attempt begins at the top. */
  forget(): void {
    this.#base = 0;
    this.#climb = undefined;
    this.#wait = FIRST_CLIMB;
  }

  /** Begin an attempt where the last useful one was. */
  restart(): void {
    this.#strikes = 0;
    this.#at = this.#base;
  }
}
