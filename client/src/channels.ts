/** Channels with the number of their users: each is read as long as there is one. */
export class Channels {
  readonly #users = new Map<string, number>();

  constructor(names: Iterable<string> = []) {
    for (const name of names) this.add(name);
  }

  get names(): string[] {
    return [...this.#users.keys()];
  }

  add(name: string): void {
    this.#users.set(name, (this.#users.get(name) ?? 0) + 1);
  }

  remove(name: string): void {
    const left = (this.#users.get(name) ?? 0) - 1;
    if (left > 0) this.#users.set(name, left);
    else this.#users.delete(name);
  }
}
