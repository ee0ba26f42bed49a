import type { StreamEvent } from "./events.js";

const REMEMBERED = 16_384; // ids; more than the 10,000 events that a replay may have

/** Where in the stream this client is, over all its connections: what to resume from, what it already had. */
export class Position {
  readonly #seen = new Set<string>();
  #cursor: string | undefined;
  #newest: string | undefined;
  #hold: object | undefined;

  constructor(cursor?: string) {
    this.#cursor = this.#newest = cursor;
  }

  /** What to resume from; undefined before the first connection. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** Whether the event is new here. Moves the cursor. */
  accept(event: StreamEvent): boolean {
    const id = "id" in event ? event.id : undefined;
    const isNew = id === undefined || !this.#seen.has(id);
    if (id !== undefined) this.#remember(id);
    if (event.type === "Connected") this.#hold = event.data.resume === "reset" ? {} : undefined;
    if (event.type === "ResyncRequired") this.#hold ??= {}; // until it is handled
    this.#move(id ?? reported(event));
    return isNew;
  }

  /**
   * Keep the cursor back while the application loads the state anew: if that fails, the next connection asks for
   * the same again. Gives what ends it.
   */
  hold(): () => void {
    const hold = {};
    this.#hold = hold;
    return () => {
      if (this.#hold === hold) this.#hold = undefined;
      this.#move(this.#newest);
    };
  }

  #move(cursor: string | undefined): void {
    this.#newest = cursor ?? this.#newest;
    if (this.#hold === undefined) this.#cursor = this.#newest;
  }

  #remember(id: string): void {
    this.#seen.add(id);
    if (this.#seen.size > REMEMBERED) {
      for (const oldest of this.#seen) {
        this.#seen.delete(oldest);
        break;
      }
    }
  }
}

/** The cursor that a control event leaves behind. */
function reported(event: StreamEvent): string | undefined {
  if (event.type === "Connected" && event.data.resume === "reset") return undefined;
  return "cursor" in event.data ? event.data.cursor : undefined;
}
