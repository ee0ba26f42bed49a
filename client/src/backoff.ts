const SHORTEST = 500;
const LONGEST = 30_000;

/**
 * How long to wait between attempts: at random from 0.5 s up to a ceiling that doubles from 1 s to 30 s.
 * The jitter is full, so that clients which were cut together do not return together
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export class Backoff {
  readonly #random: () => number;
  #attempts = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const ceiling = Math.min(LONGEST, 2 * SHORTEST * 2 ** Math.min(this.#attempts++, 10));
    return SHORTEST + this.#random() * (ceiling - SHORTEST);
  }

  reset(): void {
    this.#attempts = 0;
  }
}
