/** Channels with the number of their users: each is read as long as there is one. */
export class Channels {
  readonly #users = new Map<string, number>();
  readonly #since = new Map<string, string>(); // of those that the server does not read yet, from there

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

  /** The others, with these cursors. */
  get late(): [string, string][] {
    return [...this.#since];
  }

  /** The server reads these now, from that cursor on. */
  read(names: string[], since: string | null | undefined): void {
    for (const name of names) if (this.#since.get(name) === since) this.#since.delete(name);
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
