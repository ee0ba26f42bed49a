import { type ClientOptions, RealtimeClient, type Token } from "../index.js";
import { tabs } from "../tabs/index.js";
import { personOf } from "../tabs/person.js";
import { Store } from "./store.js";

export interface ITCookOptions extends Omit<ClientOptions, "token"> {
  /** How many events are kept; by default 200. */
  maxEvents?: number;
}

const SHARE = tabs();

/** One person's client, and what is shown of it. */
export interface Shared {
  readonly client: RealtimeClient;
  readonly store: Store;
}

interface Entry extends Shared {
  users: number;
}

const entries = new Map<string, Entry>();
const functions = new WeakMap<object, number>();
let functionsSeen = 0;

/** What is the same for all who may share a connection: the API, and the person. */
export function keyOf(url: string, token: Token): string {
  return `${url} ${typeof token === "string" ? (personOf(token) ?? token) : numberOf(token)}`;
}

/** The client of `key`, connected until `release` is called; it may have several users. */
export function acquire(
  key: string,
  token: Token,
  options: ITCookOptions,
): { entry: Shared; release: () => void } {
  const entry = entries.get(key) ?? create(token, options);
  entries.set(key, entry);
  if (entry.users++ === 0) entry.client.connect();
  return { entry, release: () => release(key, entry) };
}

function create(token: Token, { maxEvents = 200, share = SHARE, ...options }: ITCookOptions): Entry {
  const client = new RealtimeClient({ ...options, share, token });
  return { client, store: new Store(client, maxEvents), users: 0 };
}

function release(key: string, entry: Entry): void {
  entry.users--;
  // Not at once: StrictMode, and a change of page, end the last use and begin another one right away.
  setTimeout(() => {
    if (entry.users > 0 || entries.get(key) !== entry) return;
    entries.delete(key);
    entry.client.close();
  });
}

function numberOf(token: object): number {
  const known = functions.get(token) ?? ++functionsSeen;
  functions.set(token, known);
  return known;
}
