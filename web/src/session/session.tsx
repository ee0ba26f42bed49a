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
import { get, Problem, post, takeCsrfToken } from "../api/http.js";
import type { Account, CookieSession } from "../api/types.js";

const AGAIN = 2_000; // milliseconds between attempts to reach the server

export type SessionState =
  | { status: "loading"; unreachable: boolean }
  | { status: "out"; isDeleted?: boolean }
  | { status: "in"; user: Account };

interface Session {
  state: SessionState;
  signIn: (email: string, password: string) => Promise<void>;
  signUp: (registration: Registration) => Promise<void>;
  signOut: () => Promise<void>;
  /** Delete the account for good; the password shows that it is the person's own wish. */
  deleteAccount: (password: string) => Promise<void>;
  /** Ask who is signed in; whether it is still the same person. */
  check: () => Promise<boolean>;
  /** Show the person as a request has answered that they are now. */
  know: (user: Account) => void;
}

export interface Registration {
  email: string;
  password: string;
  first_name: string;
  last_name: string;
  language: string;
}

const Context = createContext<Session | null>(null);

/** Who is signed in, by the page's cookie. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<SessionState>({ status: "loading", unreachable: false });
  const person = useRef<string | null>(null);

  const enter = useCallback((session: CookieSession, check: () => Promise<boolean>) => {
    takeCsrfToken(session.csrf_token, check);
    person.current = session.user.id;
    setState((was) =>
      was.status === "in" && isSame(was.user, session.user) ? was : { status: "in", user: session.user },
    );
  }, []);

  const leave = useCallback(() => {
    person.current = null;
    setState((was) => (was.status === "out" ? was : { status: "out" }));
  }, []);

  const check = useCallback(async (): Promise<boolean> => {
    try {
      const session = await get<CookieSession>("/auth/cookie");
      const same = person.current === null || person.current === session.user.id;
      enter(session, check);
      return same;
    } catch (error) {
      unlessSignedOut(error);
      leave();
      return false;
    }
  }, [enter, leave]);

  useFirstCheck(check, setState);

  const session = useMemo<Session>(
    () => ({
      state,
      check,
      know: (user) =>
        setState((was) => (was.status === "in" && was.user.id === user.id ? { status: "in", user } : was)),
      signIn: async (email, password) =>
        enter(await post<CookieSession>("/auth/login", { email, password, cookie: true }), check),
      signUp: async (registration) => {
        const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
        const body = { ...registration, time_zone, cookie: true };
        enter(await post<CookieSession>("/auth/register", body), check);
      },
      signOut: async () => {
        await post("/auth/logout").catch(unlessSignedOut);
        leave();
      },
      deleteAccount: async (password) => {
        try {
          await post("/auth/deletion", { current_password: password });
        } catch (error) {
          unlessSignedOut(error);
          // Without a lost answer it is another device that has ended the login: the account may be there.
          if (!error.isOfRepeat) return leave();
        }
        person.current = null;
        // The stream may have ended before the answer came: the door is shown then, and now it says why.
        setState({ status: "out", isDeleted: true });
      },
    }),
    [state, check, enter, leave],
  );
  return <Context.Provider value={session}>{children}</Context.Provider>;
}

/** Raise `error` anew, unless it says that the cookie signs nobody in, or not any more. */
function unlessSignedOut(error: unknown): asserts error is Problem {
  if (!(error instanceof Problem) || error.status !== 401) throw error;
}

function isSame(one: Account, other: Account): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error("outside of SessionProvider");
  return session;
}

/** Who is signed in, for what is shown only then. */
export function useUser(): Account {
  const { state } = useSession();
  if (state.status !== "in") throw new Error("nobody is signed in");
  return state.user;
}

function useFirstCheck(check: () => Promise<boolean>, setState: (state: SessionState) => void): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const ask = () => {
      check().catch(() => {
        setState({ status: "loading", unreachable: true });
        timer = setTimeout(ask, AGAIN);
      });
    };
    ask();
    return () => clearTimeout(timer);
  }, [check, setState]);
}
