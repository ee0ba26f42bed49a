import type { Clock } from "../clock.js";
import { systemClock } from "../clock.js";

const LASTS = 7_000; // milliseconds: a start ends by itself after 6 s, and its stop may be lost

export interface Typist {
  readonly user_id: string;
  readonly user_name: string;
}

/** Who is typing on one post. Tells each change. */
export class Typists {
  readonly #typing = new Map<string, { typist: Typist; cancel: () => void }>();

  constructor(
    private readonly changed: (typing: readonly Typist[]) => void,
    private readonly clock: Clock = systemClock,
  ) {}

  hear({ user_id, user_name, state }: Typist & { state: "started" | "stopped" }): void {
    const known = this.#typing.get(user_id);
    known?.cancel();
    if (state === "stopped") return this.#forget(user_id);
    const cancel = this.clock.after(LASTS, () => this.#forget(user_id));
    this.#typing.set(user_id, { typist: { user_id, user_name }, cancel });
    if (!known) this.#tell();
  }

  clear(): void {
    for (const { cancel } of this.#typing.values()) cancel();
    this.#typing.clear();
    this.#tell();
  }

  #forget(userId: string): void {
    if (this.#typing.delete(userId)) this.#tell();
  }

  #tell(): void {
    this.changed([...this.#typing.values()].map(({ typist }) => typist));
  }
}
