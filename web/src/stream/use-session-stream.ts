import { useEffect, useState } from "react";
import { currentCsrfToken, load } from "../api/http.js";
import type { Account, InboxPage } from "../api/types.js";
import { useSession } from "../session/session.js";
import { Stream } from "./stream.js";

const AGAIN = 2_000; // milliseconds
const REPLACED = 4401; // the end of a connection whose cookie was replaced, or whose login is over
const COOKIE_COMES = 1_500; // milliseconds: the new one comes with an answer that may still be on its way

/**
 * The stream of `user`, from the cursor of a first answer on: whatever the page loads later is not older than that,
 * so nothing happens in between unnoticed. Null until it is there.
 */
export function useSessionStream(user: Account): Stream | null {
  const { check } = useSession();
  const [stream, setStream] = useState<Stream | null>(null);
  useEffect(() => {
    let ended = () => {};
    let timer: ReturnType<typeof setTimeout>;
    let current = true;
    const begin = async () => {
      const { cursor } = await load<InboxPage>("/notifications?limit=1");
      if (!current) return;
      const begun = new Stream({ person: user.id, csrfToken: currentCsrfToken, cursor });
      const mute = watchEnds(begun, check);
      begun.start();
      setStream(begun);
      ended = () => {
        mute();
        begun.stop();
      };
    };
    const attempt = () => {
      begin().catch(() => {
        if (current) timer = setTimeout(attempt, AGAIN);
      });
    };
    attempt();
    return () => {
      current = false;
      clearTimeout(timer);
      ended();
      setStream(null);
    };
  }, [user.id, check]);
  return stream;
}

/** Where the server has ended the stream for good, see who is signed in: a replaced cookie needs a new connection. */
function watchEnds(stream: Stream, check: () => Promise<boolean>): () => void {
  let seen = stream.shown.error;
  return stream.watch(() => {
    const { error } = stream.shown;
    if (error === seen) return;
    seen = error;
    if (!error?.final) return;
    const wait = error.code === REPLACED ? COOKIE_COMES : 0;
    setTimeout(() => {
      check().then(
        (same) => same && error.code === REPLACED && stream.connect(),
        () => stream.connect(), // the server cannot be reached: the client goes on trying
      );
    }, wait);
  });
}
