import type { StreamEvent } from "@itcook/realtime";
import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { get } from "../api/http.js";
import type { Company, Person } from "../api/types.js";
import { isPing, type Shown, type Stream } from "./stream.js";

const TYPING_LASTS = 7_000; // milliseconds: a start ends by itself after 6 s, and its stop may be lost
const NOBODY: Company = { online: 0, people: [] };

export const StreamContext = createContext<Stream | null>(null);

/** The stream of who is signed in. */
export function useStream(): Stream {
  const stream = useContext(StreamContext);
  if (!stream) throw new Error("there is a stream only while someone is signed in");
  return stream;
}

export function useShown(): Shown {
  const stream = useStream();
  return useSyncExternalStore(stream.watch, () => stream.shown);
}

/** Call `listener` with every event while the component is there. */
export function useEvents(listener: (event: StreamEvent) => void): void {
  const stream = useStream();
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => stream.listen((event) => latest.current(event)), [stream]);
}

/** How many people are in a channel, and some of them by name; it is read meanwhile. */
export function usePresence(channel: string): Company {
  const stream = useStream();
  const { status } = useShown();
  const [company, setCompany] = useState(NOBODY);
  useEffect(() => stream.subscribe(channel), [stream, channel]);
  useEffect(() => {
    if (status !== "open") return;
    let current = true;
    const ask = () =>
      get<Company>(`/realtime/presence?channel=${encodeURIComponent(channel)}`).then(
        (answer) => current && setCompany(answer),
        () => {}, // the next change of connection or channels asks again
      );
    const mute = stream.listen((event) => {
      if (event.type === "Subscribed" && event.data.channels.includes(channel) && !isPing(event.data.ref))
        ask();
      if (event.type === "PresenceChanged" && event.data.channel === channel) {
        const { data } = event;
        setCompany((was) => after(was, data));
      }
    });
    ask();
    return () => {
      current = false;
      mute();
    };
  }, [stream, channel, status]);
  return company;
}

/** Who writes a comment on a post, and what to call when oneself does (`true` on each key). */
export function useTyping(postId: string): { typists: readonly Person[]; typing: (on: boolean) => void } {
  const stream = useStream();
  const [typists, setTypists] = useState<readonly Person[]>([]);
  useEffect(() => {
    const timers = new Map<string, ReturnType<typeof setTimeout>>();
    const forget = (id: string) => setTypists((were) => were.filter((person) => person.id !== id));
    const leave = stream.subscribe(`post:${postId}`);
    const mute = stream.listen((event) => {
      if (event.type !== "Typing" || event.data.post_id !== postId) return;
      const { user_id: id, user_name: name, state } = event.data;
      clearTimeout(timers.get(id));
      if (state === "stopped") return forget(id);
      timers.set(
        id,
        setTimeout(() => forget(id), TYPING_LASTS),
      );
      setTypists((were) => [...were.filter((person) => person.id !== id), { id, name }]);
    });
    return () => {
      mute();
      leave();
      for (const timer of timers.values()) clearTimeout(timer);
      stream.typing(postId, false);
    };
  }, [stream, postId]);
  return { typists, typing: (on) => stream.typing(postId, on) };
}

function after(
  was: Company,
  change: { user_id: string; user_name: string; state: string; online: number },
): Company {
  const { user_id, user_name, state, online } = change;
  const others = was.people.filter((person) => person.user_id !== user_id);
  return { online, people: state === "joined" ? [...others, { user_id, user_name }] : others };
}
