import type { StreamEvent } from "@itcook/realtime";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { load, put, remove } from "../api/http.js";
import type { InboxItem, InboxPage } from "../api/types.js";
import { useStream } from "../stream/hooks.js";

const SHOWN = 50;
const TOASTS = 4; // at once
const TOAST_LASTS = 8_000; // milliseconds
const AGAIN = 2_000; // milliseconds after which what could not be loaded is asked for once more
const GATHER = 300; // milliseconds: several events are often one deed
const CONCERNING = new Set([
  ...["PostLiked", "NewComment", "NewFollower", "ExpiringItems", "GoalAchieved"],
  ...["RecipeGenerated", "RecipeFailed", "SystemNotification"],
]);

interface InboxState {
  /** Newest first; undefined until they were loaded. */
  items: readonly InboxItem[] | undefined;
  unread: number;
  error: Error | undefined;
  /** What came while the page was open, until it was seen. */
  toasts: readonly InboxItem[];
  dismiss: (id: string) => void;
  read: (id: string) => Promise<void>;
  readAll: () => Promise<void>;
  drop: (id: string) => Promise<void>;
  reload: () => Promise<void>;
}

const Context = createContext<InboxState | null>(null);

/** What concerns the person. The stream says when there may be more; the inbox says what it is. */
export function InboxProvider({ children }: { children: ReactNode }) {
  const stream = useStream();
  const [page, setPage] = useState<InboxPage>();
  const [error, setError] = useState<Error>();
  const { toasts, show, dismiss } = useToasts();
  const newest = useRef<string | undefined>(undefined);
  const run = useRef({});

  const reload = useCallback(async () => {
    const own = {};
    run.current = own;
    try {
      const { body } = await load<InboxPage>(`/notifications?limit=${SHOWN}`);
      if (run.current !== own) return; // a later answer has more
      const since = newest.current;
      newest.current = body.data[0]?.id ?? since ?? "";
      if (since !== undefined) show(body.data.filter(({ id, read_at }) => id > since && read_at === null));
      setPage(body);
      setError(undefined);
    } catch (failure) {
      setError(failure as Error);
      throw failure;
    }
  }, [show]);

  useReloading(reload, stream.listen.bind(stream));
  useEffect(() => stream.onResync(reload), [stream, reload]);

  const value = useMemo<InboxState>(() => {
    const after = async (done: Promise<unknown>) => {
      await done;
      await reload();
    };
    return {
      items: page?.data,
      unread: page?.unread_count ?? 0,
      error,
      toasts,
      dismiss,
      reload,
      read: (id) => after(put(`/notifications/${id}/read`)),
      readAll: async () => {
        if (newest.current) await after(put("/notifications/read", { up_to: newest.current }));
      },
      drop: (id) => after(remove(`/notifications/${id}`)),
    };
  }, [page, error, toasts, dismiss, reload]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useInbox(): InboxState {
  const inbox = useContext(Context);
  if (!inbox) throw new Error("outside of InboxProvider");
  return inbox;
}

type Listen = (listener: (event: StreamEvent) => void) => () => void;

function useReloading(reload: () => Promise<void>, listen: Listen): void {
  const latest = useRef(listen);
  latest.current = listen;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let current = true;
    const soon = (delay: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => void reload().catch(() => current && soon(AGAIN)), delay);
    };
    const mute = latest.current((event) => {
      if (CONCERNING.has(event.type)) soon(GATHER);
    });
    soon(0);
    return () => {
      current = false;
      mute();
      clearTimeout(timer);
    };
  }, [reload]);
}

function useToasts() {
  const [toasts, setToasts] = useState<readonly InboxItem[]>([]);
  const dismiss = useCallback(
    (id: string) => setToasts((were) => were.filter((toast) => toast.id !== id)),
    [],
  );
  const show = useCallback(
    (items: readonly InboxItem[]) => {
      if (items.length === 0) return;
      setToasts((were) =>
        [...items.filter(({ id }) => were.every((toast) => toast.id !== id)), ...were].slice(0, TOASTS),
      );
      for (const { id } of items) setTimeout(() => dismiss(id), TOAST_LASTS);
    },
    [dismiss],
  );
  return { toasts, show, dismiss };
}
