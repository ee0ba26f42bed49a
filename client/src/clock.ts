/** Time, injected so that what decides can be tested without waiting. */
export interface Clock {
  /** Milliseconds that only grow as time passes. */
  now(): number;
  /** Call once, `ms` milliseconds from now; gives what cancels it. */
  after(ms: number, call: () => void): () => void;
}

const LONGEST = 2 ** 31 - 1; // what setTimeout can wait; more would fire at once

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, Math.min(ms, LONGEST));
    return () => clearTimeout(timer);
  },
};
