// @vitest-environment happy-dom
/** The hooks, in real React with StrictMode, over sockets of the test's own. */

import { act, cleanup, render, renderHook } from "@testing-library/react";
import { StrictMode, useState } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, expect, test } from "vitest";
import type { ClientOptions } from "../src/index.js";
import {
  ITCookProvider,
  useChannel,
  useITCookWebSocket,
  usePresence,
  useTyping,
} from "../src/react/index.js";
import { settled } from "./support/clock.js";
import { jwt } from "./support/people.js";
import { World } from "./support/world.js";

afterEach(async () => {
  cleanup();
  await pause();
});

/** Let effects, promises and the registry's zero timeouts happen. */
async function pause(): Promise<void> {
  await act(async () => {
    await settled();
    await new Promise((resolve) => setTimeout(resolve, 0));
    await settled();
  });
}

function Post() {
  return <output>{useChannel("post:1").events.length}</output>;
}

function Page() {
  const [shown, setShown] = useState(true);
  return (
    <>
      {shown && <Post />}
      <button type="button" onClick={() => setShown(false)} />
    </>
  );
}

function Status({ options }: { options: ClientOptions }) {
  return <p>{useITCookWebSocket(jwt("eleven"), options).status}</p>;
}

test("StrictMode, and several components, share one connection that ends with the last of them", async () => {
  const world = new World();
  const both = renderHook(
    () =>
      [useITCookWebSocket(jwt("one"), world.options), useITCookWebSocket(jwt("one"), world.options)] as const,
    { wrapper: StrictMode },
  );
  await pause();
  expect(world.sockets).toHaveLength(1);
  expect(both.result.current.map(({ status }) => status)).toEqual(["connecting", "connecting"]);
  act(() => world.socket.connected());
  expect(both.result.current.map(({ isConnected }) => isConnected)).toEqual([true, true]);
  both.unmount();
  await pause();
  expect(world.socket.closed).toBe(true);
});

test("events are kept up to a bound, and cleared", async () => {
  const world = new World();
  const options = { ...world.options, maxEvents: 2 };
  const { result } = renderHook(() => useITCookWebSocket(jwt("two"), options), { wrapper: StrictMode });
  await pause();
  act(() => {
    world.socket.connected();
    for (const id of ["e.1", "e.2", "e.3"]) world.socket.post(id);
  });
  const ids = () => result.current.events.map((event) => "id" in event && event.id);
  expect(ids()).toEqual(["e.2", "e.3"]);
  expect(result.current.lastEvent).toBe(result.current.events[1]);
  act(() => result.current.clearEvents());
  expect(ids()).toEqual([]);
});

test("nothing changes for a component while nothing happens", async () => {
  const world = new World();
  const { result, rerender } = renderHook(() => useITCookWebSocket(jwt("three"), world.options));
  await pause();
  const before = result.current;
  rerender();
  expect(result.current).toBe(before);
});

test("without a token there is no connection; it comes and goes with the token", async () => {
  const world = new World();
  const { result, rerender } = renderHook(({ token }) => useITCookWebSocket(token, world.options), {
    initialProps: { token: null as string | null },
  });
  await pause();
  expect(world.sockets).toHaveLength(0);
  expect(result.current.status).toBe("idle");
  rerender({ token: jwt("four") });
  await pause();
  expect(world.sockets).toHaveLength(1);
  rerender({ token: null });
  await pause();
  expect(world.socket.closed).toBe(true);
});

test("a newer token of the same person goes on with the same connection", async () => {
  const world = new World();
  const { rerender } = renderHook(({ token }) => useITCookWebSocket(token, world.options), {
    initialProps: { token: jwt("five", 1) },
  });
  await pause();
  act(() => world.socket.connected());
  rerender({ token: jwt("five", 2) });
  await pause();
  expect(world.sockets).toHaveLength(1);
  expect(world.socket.sent).toEqual([{ type: "Authenticate", token: jwt("five", 2) }]);
});

test("another person's token is another connection", async () => {
  const world = new World();
  const { rerender } = renderHook(({ token }) => useITCookWebSocket(token, world.options), {
    initialProps: { token: jwt("six") },
  });
  await pause();
  rerender({ token: jwt("seven") });
  await pause();
  expect(world.sockets.map(({ closed }) => closed)).toEqual([true, false]);
});

test("a channel is read while its component is there, and shows its own events", async () => {
  const world = new World();
  const page = render(
    <StrictMode>
      <ITCookProvider {...world.options} token={jwt("eight")}>
        <Page />
      </ITCookProvider>
    </StrictMode>,
  );
  await pause();
  act(() => world.socket.connected());
  await pause();
  act(() => {
    world.socket.say({ id: "e.1", type: "PostDeleted", channel: "community", data: { post_id: "1" } });
    world.socket.say({ id: "e.2", type: "PostDeleted", channel: "community", data: { post_id: "2" } });
  });
  expect(page.getByRole("status").textContent).toBe("1");
  expect(world.socket.query.get("channels")).toBe("community,post:1");
  act(() => page.getByRole("button").click());
  await pause();
  expect(world.socket.sent).toEqual([{ type: "Unsubscribe", channels: ["post:1"] }]);
});

test("who types is shown until they stop; one's own keys are said now and then", async () => {
  const world = new World();
  const { result } = renderHook(() => useTyping("1", useITCookWebSocket(jwt("nine"), world.options)));
  await pause();
  act(() => world.socket.connected());
  const typing = (state: string) => ({ post_id: "1", user_id: "u2", user_name: "Ben", state });
  act(() => world.socket.say({ type: "Typing", channel: "post:1", data: typing("started") }));
  expect(result.current.typing).toEqual([{ user_id: "u2", user_name: "Ben" }]);
  act(() => world.socket.say({ type: "Typing", channel: "post:1", data: typing("stopped") }));
  expect(result.current.typing).toEqual([]);
  result.current.start();
  result.current.start();
  result.current.stop();
  expect(world.socket.sent).toEqual([
    { type: "TypingStart", post_id: "1" },
    { type: "TypingStop", post_id: "1" },
  ]);
});

test("who is there is asked, then followed", async () => {
  const world = new World();
  const { result } = renderHook(() =>
    usePresence("community", useITCookWebSocket(jwt("ten"), world.options)),
  );
  await pause();
  act(() => world.socket.connected());
  await pause();
  expect(world.request.url).toContain("/realtime/presence?channel=community");
  world.request.json({ channel: "community", online: 1, people: [{ user_id: "u1", user_name: "Ada" }] });
  await pause();
  expect(result.current.online).toBe(1);
  const joined = { channel: "community", user_id: "u2", user_name: "Ben", state: "joined", online: 2 };
  act(() => world.socket.say({ type: "PresenceChanged", channel: "community", data: joined }));
  expect(result.current.people.map(({ user_name }) => user_name)).toEqual(["Ada", "Ben"]);
  act(() => world.socket.say({ type: "PresenceChanged", data: { ...joined, state: "left", online: 1 } }));
  expect(result.current).toMatchObject({ online: 1, people: [{ user_name: "Ada" }] });
});

test("rendering on a server connects to nothing", async () => {
  const world = new World();
  expect(renderToString(<Status options={world.options} />)).toBe("<p>idle</p>");
  await pause();
  expect(world.sockets).toHaveLength(0);
});
