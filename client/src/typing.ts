import type { Clock } from "./clock.js";
import type { ClientMessage } from "./events.js";

const AGAIN = 3_000; // milliseconds; the server takes a start for ended after 6 s

/** Says that the person types, no more often than needed, however many keys that takes. */
export class Typing {
  readonly #said = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly send: (message: ClientMessage) => boolean,
  ) {}

  start(postId: string): void {
    const now = this.clock.now();
    if (now - (this.#said.get(postId) ?? Number.NEGATIVE_INFINITY) < AGAIN) return;
    if (this.send({ type: "TypingStart", post_id: postId })) this.#said.set(postId, now);
  }

  stop(postId: string): void {
    if (this.#said.delete(postId)) this.send({ type: "TypingStop", post_id: postId });
  }
}
