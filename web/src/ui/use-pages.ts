import { useCallback, useEffect, useRef, useState } from "react";
import { get } from "../api/http.js";
import type { Page } from "../api/types.js";

export interface Pages<Row> {
  /** Undefined until the first page is there. */
  rows: Row[] | undefined;
  error: Error | undefined;
  busy: boolean;
  /** Ask for the next page; undefined where there is none. */
  more: (() => void) | undefined;
  /** Begin again with the first page. */
  reload: () => Promise<void>;
}

/** A list that the stream says nothing about, page by page; `path` has a query. Another path begins anew. */
export function usePages<Row>(path: string): Pages<Row> {
  const [held, setHeld] = useState<{ path: string; page: Page<Row> }>();
  const [failed, setFailed] = useState<{ path: string; error: Error }>();
  const [busy, setBusy] = useState(false);
  const latest = useRef<AbortController>(undefined);

  const ask = useCallback(
    async (before: string | null, shown: Row[]) => {
      latest.current?.abort(); // whatever was asked for before is not wanted any more
      const own = new AbortController();
      latest.current = own;
      setBusy(true);
      try {
        const from = before === null ? path : `${path}&before=${encodeURIComponent(before)}`;
        const next = await get<Page<Row>>(from, own.signal);
        setHeld({ path, page: { ...next, data: [...shown, ...next.data] } });
        setFailed(undefined);
      } catch (failure) {
        if (!own.signal.aborted) setFailed({ path, error: failure as Error });
      } finally {
        if (!own.signal.aborted) setBusy(false);
      }
    },
    [path],
  );
  const reload = useCallback(() => ask(null, []), [ask]);
  useEffect(() => {
    void reload();
    return () => latest.current?.abort();
  }, [reload]);

  // What is known of another path is not shown at this one.
  const page = held?.path === path ? held.page : undefined;
  const error = failed?.path === path ? failed.error : undefined;
  const more = page?.has_more ? () => void ask(page.next_before, page.data) : undefined;
  return { rows: page?.data, error, busy, more, reload };
}
