import type { Clock } from "../clock.js";
import type { Host } from "../driver.js";
import type { Wants, Word } from "./messages.js";
import { personOf } from "./person.js";

const PATIENCE = 10_000; // milliseconds for one tab to get a token, which takes a request

/**
 * Gets a token of one person from this tab, or else from the others, one after the other: two that refresh at once
 * would use one refresh token twice, which ends the login.
 */
export class TokenRound {
  readonly #asked = new Map<number, (token: string | null) => void>();
  #refs = 0;
  #given: string | undefined; // the newest that another tab came with
  #fresh: Promise<string> | undefined; // that is on its way

  constructor(
    private readonly person: string,
    private readonly id: string,
    private readonly host: Host,
    private readonly clock: Clock,
    private readonly tabs: ReadonlyMap<string, Wants>,
    private readonly post: (word: Word) => void,
  ) {}

  /** Raises what this tab's own way to a token raised, if no other tab has one. */
  token(refresh: boolean): Promise<string> {
    if (!refresh) return this.#given === undefined ? this.#find(false) : Promise.resolve(this.#given);
    this.#given = undefined;
    this.#fresh ??= this.#find(true).finally(() => {
      this.#fresh = undefined;
    });
    return this.#fresh;
  }

  /** Another tab has a newer token. Whether it is of use. */
  given(token: string): boolean {
    if (!this.#fits(token)) return false;
    this.#given = token;
    return true;
  }

  hear(word: Word & { kind: "ask" | "answer" }): void {
    if (word.to !== this.id) return;
    if (word.kind === "ask") void this.#reply(word);
    else this.#asked.get(word.ref)?.(word.token);
  }

  close(): void {
    for (const answer of this.#asked.values()) answer(null);
  }

  async #find(refresh: boolean): Promise<string> {
    try {
      return await this.#own(refresh);
    } catch (error) {
      for (const [id, wants] of [...this.tabs]) {
        if (id === this.id || (refresh && !wants.refresh)) continue;
        const token = await this.#ask(id, refresh);
        if (token !== null && this.#fits(token)) return token;
      }
      throw error;
    }
  }

  async #own(refresh: boolean): Promise<string> {
    if (refresh && !this.host.canRefresh()) throw new Error("this tab has no way to a fresh token");
    const token = await this.host.token(refresh);
    if (!this.#fits(token)) throw new Error("the token is another person's");
    return token;
  }

  async #reply({ from, ref, refresh }: Word & { kind: "ask" }): Promise<void> {
    const token = await this.#own(refresh).catch(() => null);
    this.post({ kind: "answer", from: this.id, to: from, ref, token });
  }

  async #ask(to: string, refresh: boolean): Promise<string | null> {
    const ref = ++this.#refs;
    const answer = await new Promise<string | null>((resolve) => {
      const cancel = this.clock.after(PATIENCE, () => resolve(null));
      this.#asked.set(ref, (token) => {
        cancel();
        resolve(token);
      });
      this.post({ kind: "ask", from: this.id, to, ref, refresh });
    });
    this.#asked.delete(ref);
    return answer;
  }

  #fits(token: string): boolean {
    return personOf(token) === this.person;
  }
}
