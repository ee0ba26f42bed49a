// @vitest-environment happy-dom
/** The hooks against a real server: real React with StrictMode, real sockets, other people. */

import { act, cleanup, render, renderHook, screen, waitFor } from "@testing-library/react";
import { StrictMode } from "react";
import { afterEach, beforeAll, expect, inject, test } from "vitest";
import { WebSocket } from "ws";
import {
  ITCookProvider,
  useChannel,
  useITCookWebSocket,
  usePresence,
  useTyping,
} from "../../src/react/index.js";
import type { SocketConstructor } from "../../src/transport-websocket.js";
import { connect, contents, until } from "../support/clients.js";
import { Person } from "../support/people.js";

const api = inject("api");
const sockets: WebSocket[] = [];

class Socket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols);
    sockets.push(this);
  }
}

/** Where cookies are to stay out, happy-dom takes the token away as well, as no browser does. */
const fetch: typeof globalThis.fetch = (url, { credentials: _, ...more } = {}) => globalThis.fetch(url, more);

const options = { WebSocket: Socket as unknown as SocketConstructor, fetch, storage: null };
const patience = { timeout: 30_000 };

// The page is the API's own, which is the address that the hooks ask by default.
beforeAll(() => {
  const { happyDOM } = globalThis as unknown as { happyDOM: { setURL(url: string): void } };
  happyDOM.setURL(new URL(api).origin);
});

afterEach(async () => {
  cleanup();
  await until(() => open().length === 0);
  sockets.length = 0;
});

function open(): WebSocket[] {
  return sockets.filter(({ readyState }) => readyState !== WebSocket.CLOSED);
}

function Bell({ token }: { token: string }) {
  const { isConnected, events } = useITCookWebSocket(token, options);
  return <li>{isConnected ? contents([...events]).join() : "…"}</li>;
}

function Room({ post }: { post: string }) {
  const { isConnected } = useITCookWebSocket();
  const { events } = useChannel(`post:${post}`);
  const { typing, start } = useTyping(post);
  const { people } = usePresence(`post:${post}`);
  return (
    <dl>
      <dd data-testid="connected">{String(isConnected)}</dd>
      <dd data-testid="comments">{contents([...events]).join()}</dd>
      <dd data-testid="typing">{typing.map(({ user_name }) => user_name).join()}</dd>
      <dd data-testid="people">{people.map(({ user_name }) => user_name).join()}</dd>
      <button type="button" onClick={start} />
    </dl>
  );
}

async function shows(name: string, text: string): Promise<void> {
  await waitFor(() => expect(screen.getByTestId(name).textContent).toBe(text), patience);
}

test("components of a person share one connection, mounted twice by StrictMode; it ends with the last", async () => {
  const ada = await Person.register(api, "Ada");
  const page = render(
    <StrictMode>
      <Bell token={ada.token} />
      <Bell token={ada.token} />
    </StrictMode>,
  );
  const texts = () => screen.getAllByRole("listitem").map(({ textContent }) => textContent);
  await waitFor(() => expect(texts()).toEqual(["", ""]), patience);
  await ada.post("Borscht");
  await waitFor(() => expect(texts()).toEqual(["Borscht", "Borscht"]), patience);
  expect(sockets).toHaveLength(1);
  page.unmount();
  await until(() => open().length === 0);
});

test("nobody is connected before there is a token, or after it is gone", async () => {
  const ada = await Person.register(api, "Ada");
  const { result, rerender } = renderHook(({ token }) => useITCookWebSocket(token, options), {
    initialProps: { token: null as string | null },
    wrapper: StrictMode,
  });
  expect(result.current.status).toBe("idle");
  expect(sockets).toHaveLength(0);
  rerender({ token: ada.token });
  await waitFor(
    () => expect(result.current).toMatchObject({ status: "open", transport: "websocket" }),
    patience,
  );
  rerender({ token: null });
  expect(result.current.status).toBe("idle");
  await until(() => open().length === 0);
  expect(sockets).toHaveLength(1);
});

test("a room shows who is there, who writes and what they say, and tells of one's own keys", async () => {
  const [ada, ben] = [await Person.register(api, "Ada"), await Person.register(api, "Ben")];
  const post = await ada.post("Borscht");
  render(
    <StrictMode>
      <ITCookProvider {...options} token={ada.token}>
        <Room post={post} />
      </ITCookProvider>
    </StrictMode>,
  );
  await shows("connected", "true");
  await shows("people", "Ada Cook");

  const other = connect({ url: api, token: ben.token, channels: [`post:${post}`] });
  await shows("people", "Ada Cook,Ben Cook");
  other.client.startTyping(post);
  await shows("typing", "Ben Cook");
  other.client.stopTyping(post);
  await shows("typing", "");
  await ben.comment(post, "Is there more?");
  await ben.post("Elsewhere");
  await shows("comments", "Is there more?");

  act(() => screen.getByRole("button").click());
  await until(() => other.events.some(({ type, data }) => type === "Typing" && data.user_id === ada.id));
  other.client.close();
  await shows("people", "Ada Cook");
  expect(sockets).toHaveLength(1);
});
