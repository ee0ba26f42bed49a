import { useCallback, useEffect, useMemo, useState } from "react";
import type { Company, StreamEvent } from "../index.js";
import { type Typist, Typists } from "./typists.js";
import { type ITCookWebSocket, useITCookWebSocket } from "./use-itcook-websocket.js";

const NOBODY: Company = { online: 0, people: [] };

/** Of all that came over `source`, the events of one channel, which is read while the component is there. */
export function useChannel(
  channel: string | null,
  source?: ITCookWebSocket,
): { events: readonly StreamEvent[]; lastEvent: StreamEvent | null } {
  const { events, client } = useSource(source);
  useEffect(() => (channel === null ? undefined : client?.subscribe(channel)), [client, channel]);
  return useMemo(() => {
    const own = events.filter((event) => channel !== null && belongs(event, channel));
    return { events: own, lastEvent: own.at(-1) ?? null };
  }, [events, channel]);
}

/** Who is writing a comment on a post, and how to say that oneself is: `start` on each key, `stop` at the end. */
export function useTyping(
  postId: string | null,
  source?: ITCookWebSocket,
): { typing: readonly Typist[]; start: () => void; stop: () => void } {
  const { client } = useSource(source);
  const [typing, setTyping] = useState<readonly Typist[]>([]);
  useEffect(() => {
    if (!client || postId === null) return;
    const typists = new Typists(setTyping);
    const leave = client.subscribe(`post:${postId}`);
    const mute = client.on("Typing", ({ data }) => {
      if (data.post_id === postId) typists.hear(data);
    });
    return () => {
      mute();
      leave();
      typists.clear();
      client.stopTyping(postId);
    };
  }, [client, postId]);
  const start = useCallback(() => void (postId !== null && client?.startTyping(postId)), [client, postId]);
  const stop = useCallback(() => void (postId !== null && client?.stopTyping(postId)), [client, postId]);
  return { typing, start, stop };
}

/** How many people are in a channel, and some of them by name; it is read while the component is there. */
export function usePresence(channel: string | null, source?: ITCookWebSocket): Company {
  const { client, isConnected } = useSource(source);
  const [company, setCompany] = useState(NOBODY);
  useEffect(() => (channel === null ? undefined : client?.subscribe(channel)), [client, channel]);
  useEffect(() => {
    if (!client || channel === null || !isConnected) return setCompany(NOBODY);
    let current = true;
    const ask = () => {
      client.presence(channel).then(
        (answer) => current && setCompany(answer),
        () => {}, // the next change of connection or channels asks again
      );
    };
    const mutes = [
      client.on(
        "PresenceChanged",
        ({ data }) => data.channel === channel && setCompany((was) => after(was, data)),
      ),
      client.on("Subscribed", ({ data }) => data.channels.includes(channel) && ask()),
    ];
    ask();
    return () => {
      current = false;
      for (const mute of mutes) mute();
    };
  }, [client, channel, isConnected]);
  return company;
}

function useSource(source: ITCookWebSocket | undefined): ITCookWebSocket {
  const provided = useITCookWebSocket();
  return source ?? provided;
}

/** An event names only the first channel that it was addressed to; whose it is as well, its data says. */
function belongs(event: StreamEvent, channel: string): boolean {
  if ("channel" in event && event.channel === channel) return true;
  const [kind, id] = channel.split(":");
  return id !== undefined && (event.data as unknown as Record<string, unknown>)[`${kind}_id`] === id;
}

function after(company: Company, change: Extract<StreamEvent, { type: "PresenceChanged" }>["data"]): Company {
  const others = company.people.filter(({ user_id }) => user_id !== change.user_id);
  const { user_id, user_name, online } = change;
  return { online, people: change.state === "joined" ? [...others, { user_id, user_name }] : others };
}
