import type { Clock } from "../../src/clock.js";

/** Time that passes when a test says so. */
export class TestClock implements Clock {
  #now = 0;
  #timers: { at: number; call: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + ms, call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Let time pass; what is due happens in its order, with all that follows from it at once. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = next.at;
      next.call();
      await settled();
    }
    this.#now = end;
  }

  /** Time stands still for the timers, as in a frozen page, and then is another. */
  freeze(ms: number): void {
    this.#now += ms;
  }
}

/** Let all promises go on that can. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
