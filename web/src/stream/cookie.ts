import type { ClientOptions } from "@itcook/realtime";

type SocketConstructor = NonNullable<ClientOptions["WebSocket"]>;

/** Comes in by the page's cookie, which browsers send along by themselves. */
class CookieSocket extends WebSocket {
  constructor(url: string) {
    super(url, ["itcook.v1"]);
  }
}

/**
 * The options by which the client comes in with the cookie of the page instead of a token. Nothing is there to be
 * refreshed, and the token is sent nowhere: it only tells the person's tabs whose cookie it is.
 */
export function byCookie(
  person: string,
  csrfToken: () => string,
): Pick<ClientOptions, "token" | "fetch" | "WebSocket"> {
  return {
    token: `cookie.${btoa(JSON.stringify({ sub: person }))}.`,
    WebSocket: CookieSocket as unknown as SocketConstructor, // it is told nothing but what it is used for
    fetch: (input, init = {}) => {
      const headers = new Headers(init.headers);
      headers.delete("Authorization");
      headers.set("X-CSRF-Token", csrfToken());
      return fetch(input, { ...init, headers, credentials: "same-origin" });
    },
  };
}
