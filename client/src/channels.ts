/** Channels with the number of their users: each is read as long as there is one. */
export class Channels {
  readonly #users = new Map<string, number>();
  readonly #since = new Map<string, string>(); // of those that the server was not yet told of

  constructor(names: Iterable<string> = []) {
    for (const name of names) this.add(name);
  }

  get names(): string[] {
    return [...this.#users.keys()];
  }

  /** Those to connect with, which are all but those that have a cursor of their own to begin at. */
  get plain(): string[] {
    return this.names.filter((name) => !this.#since.has(name));
  }

  /** The cursor from which a channel is to be read, until it is. */
  since(name: string): string | undefined {
    return this.#since.get(name);
  }

  /** The server reads these now. */
  read(names: string[]): void {
    for (const name of names) this.#since.delete(name);
  }

  add(name: string, since?: string): void {
    if (since !== undefined) this.#since.set(name, since);
    this.#users.set(name, (this.#users.get(name) ?? 0) + 1);
  }

  remove(name: string): void {
    const left = (this.#users.get(name) ?? 0) - 1;
    if (left > 0) this.#users.set(name, left);
    else {
      this.#users.delete(name);
      this.#since.delete(name);
    }
  }
}
