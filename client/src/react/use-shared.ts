import { createContext, useEffect, useState } from "react";
import type { Token } from "../index.js";
import { acquire, type ITCookOptions, keyOf, type Shared } from "./registry.js";

/** The client of the provider around a component. */
export const Provided = createContext<Shared | null>(null);

/** The shared client for a token, connected while the component is there; null before that, and without a token. */
export function useShared(token: Token | null, options: Partial<ITCookOptions> = {}): Shared | null {
  const url = options.url ?? defaultUrl();
  const key = token === null ? null : keyOf(url, token);
  const [entry, setEntry] = useState<Shared | null>(null);
  // In an effect, as rendering may be repeated, thrown away, or done on a server.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for token and options
  useEffect(() => {
    if (key === null || token === null) return;
    const acquired = acquire(key, token, { ...options, url });
    setEntry(acquired.entry);
    return () => {
      setEntry(null);
      acquired.release();
    };
  }, [key]);
  useEffect(() => {
    if (token !== null) entry?.client.setToken(token);
  }, [entry, token]);
  return entry;
}

/** The API of the page's own host. */
function defaultUrl(): string {
  return `${globalThis.location?.origin ?? "http://localhost:3000"}/api/v1`;
}
