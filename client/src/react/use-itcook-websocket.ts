import { useCallback, useContext, useMemo, useSyncExternalStore } from "react";
import type { ClientMessage, RealtimeClient, Token } from "../index.js";
import type { ITCookOptions, Shared } from "./registry.js";
import { EMPTY, type Feed } from "./store.js";
import { Provided, useShared } from "./use-shared.js";

export type { ITCookOptions } from "./registry.js";

export interface ITCookWebSocket extends Feed {
  /** Say something; false if there is no connection to say it on. */
  send(message: ClientMessage): boolean;
  /** Read a channel until the returned function is called. */
  subscribe(channel: string): () => void;
  /** Forget the events that came, for all who share the connection. */
  clearEvents(): void;
  /** The client itself; null without a token. */
  client: RealtimeClient | null;
}

const nothing = () => () => {};
const empty = () => EMPTY;

/**
 * The stream of the person whose token it is. All components with a token of the same person share one connection,
 * and so do those inside an `ITCookProvider` that give none. Without a token there is no connection.
 *
 * A token that is a function must be the same one in every render. `options` count when the connection is made.
 */
export function useITCookWebSocket(
  userToken?: Token | null,
  options?: Partial<ITCookOptions>,
): ITCookWebSocket {
  const provided = useContext(Provided);
  const own = useShared(userToken === undefined ? null : userToken, options);
  const entry = userToken === undefined ? provided : own;
  const { subscribe = nothing, snapshot = empty } = entry?.store ?? {};
  const feed = useSyncExternalStore(subscribe, snapshot, empty);
  const actions = useActions(entry);
  return useMemo(() => ({ ...feed, ...actions }), [feed, actions]);
}

function useActions(entry: Shared | null): Omit<ITCookWebSocket, keyof Feed> {
  const send = useCallback((message: ClientMessage) => entry?.client.send(message) ?? false, [entry]);
  const subscribe = useCallback((channel: string) => entry?.client.subscribe(channel) ?? (() => {}), [entry]);
  const clearEvents = useCallback(() => entry?.store.clear(), [entry]);
  const client = entry?.client ?? null;
  return useMemo(() => ({ send, subscribe, clearEvents, client }), [send, subscribe, clearEvents, client]);
}
