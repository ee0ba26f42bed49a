import type { ClientOptions } from "@itcook/realtime";

/** Comes in by the page's cookie, which browsers send along by themselves. */
class CookieSocket extends WebSocket {
  constructor(url: string) {
    super(url, ["itcook.v1"]);
  }
}

type SocketConstructor = NonNullable<ClientOptions["WebSocket"]>;

/**
 * The options by which the client comes in with the cookie of the page instead of a token. Nothing is there to be
 * refreshed, so the token is a word that is sent nowhere.
 */
export function byCookie(csrfToken: () => string): Pick<ClientOptions, "token" | "fetch" | "WebSocket"> {
  return {
    token: "cookie",
    WebSocket: CookieSocket as unknown as SocketConstructor, // it is told nothing but what it is used for
    fetch: (input, init = {}) => {
      const headers = new Headers(init.headers);
      headers.delete("Authorization");
      headers.set("X-CSRF-Token", csrfToken());
      return fetch(input, { ...init, headers, credentials: "same-origin" });
    },
  };
}
