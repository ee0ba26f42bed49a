import type { StreamEvent } from "@itcook/realtime";
import { useCallback, useEffect, useRef, useState } from "react";
import { get } from "../api/http.js";
import { useStream } from "./hooks.js";

export interface Live<State> {
  /** What is so now; undefined until it was loaded. */
  state: State | undefined;
  error: Error | undefined;
  /** Change what is shown at once, as after an answer of the server. */
  change: (by: (state: State) => State) => void;
  reload: () => Promise<void>;
}

/**
 * What is at `path`, kept as the stream says: `apply` gives what it is after an event. What happens while it is being
 * loaded is applied afterwards, so nothing is missed; an event whose effect was loaded already must change nothing.
 * A change of `path` loads anew, and so does a gap in the stream.
 */
export function useLive<State>(
  path: string,
  apply: (state: State, event: StreamEvent) => State,
): Live<State> {
  const stream = useStream();
  const [held, setHeld] = useState<{ path: string; state: State }>();
  const [error, setError] = useState<Error>();
  const latest = useRef(apply);
  latest.current = apply;
  const run = useRef({});

  const reload = useCallback(async () => {
    const own = {};
    run.current = own;
    const meanwhile: StreamEvent[] = [];
    const mute = stream.listen((event) => meanwhile.push(event));
    try {
      const loaded = await get<State>(path);
      if (run.current !== own) return;
      const step = (state: State, event: StreamEvent) => latest.current(state, event);
      setHeld({ path, state: meanwhile.reduce(step, loaded) });
      setError(undefined);
    } catch (failure) {
      if (run.current !== own) return;
      setError(failure as Error);
      throw failure;
    } finally {
      mute();
    }
  }, [stream, path]);

  useEffect(() => {
    reload().catch(() => {}); // it is shown
    const deaf = stream.onResync(reload);
    const mute = stream.listen((event) => {
      setHeld((was) => was && { path: was.path, state: latest.current(was.state, event) });
    });
    return () => {
      run.current = {};
      deaf();
      mute();
    };
  }, [stream, reload]);

  const change = useCallback((by: (state: State) => State) => {
    setHeld((was) => was && { path: was.path, state: by(was.state) });
  }, []);
  return { state: held?.path === path ? held.state : undefined, error, change, reload };
}
