import { useEffect, useState } from "react";
import { get } from "../api/http.js";
import type { Stats } from "../api/types.js";
import { type Sample, sampleOf } from "./samples.js";

const PAUSE = 2_000; // milliseconds between questions
const KEPT = 90; // samples: three minutes

/** The numbers of the service, asked for as long as they are looked at. */
export function useSamples() {
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const [stats, setStats] = useState<Stats>();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    let before: { stats: Stats; at: number } | undefined;
    const take = (now: Stats) => {
      const at = performance.now();
      const sample = sampleOf(now, before?.stats, before ? (at - before.at) / 1000 : 0);
      before = { stats: now, at };
      setSamples((were) => [...were, sample].slice(-KEPT));
      setStats(now);
      setError(undefined);
    };
    const ask = async () => {
      try {
        take(await get<Stats>("/realtime/stats", over.signal));
      } catch (failure) {
        if (!over.signal.aborted) setError(failure as Error);
      }
      if (!over.signal.aborted) timer = setTimeout(ask, PAUSE);
    };
    void ask();
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, []);
  return { samples, stats, error };
}
