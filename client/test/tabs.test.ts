/** Tabs of one browser that share a connection, over a network of the test's own making. */

import { expect, test } from "vitest";
import type { ClientOptions } from "../src/index.js";
import { tabs } from "../src/tabs/index.js";
import { Browser, type Tab } from "./support/browser.js";
import { settled } from "./support/clock.js";
import { jwt } from "./support/people.js";
import { World } from "./support/world.js";

/** A client in a tab of `browser`. */
function open(browser: Browser, options: Partial<ClientOptions> = {}): { tab: Tab; world: World } {
  const tab = browser.tab();
  const world = new World({ token: jwt("ada"), share: tabs(tab), ...options });
  world.client.connect();
  return { tab, world };
}

/** The leader and a follower, connected. */
async function pair(options: Partial<ClientOptions> = {}) {
  const browser = new Browser();
  const leader = open(browser);
  await soon();
  leader.world.socket.connected({ cursor: "e.1" });
  await soon();
  const follower = open(browser, options);
  await soon();
  barrier(leader.world);
  await soon();
  return { browser, leader, follower };
}

async function soon(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await settled();
}

/** Answer, as a server does, what was asked to know that what came before has been done. */
function barrier({ socket }: World): void {
  for (const message of socket.sent.splice(0) as { type: string; channels: string[]; ref?: string }[]) {
    if (message.type !== "Subscribe") continue;
    const { channels, ref = null } = message;
    socket.say({ type: "Subscribed", data: { channels, cursor: "e.1", replayed: 0, ref } });
  }
}

test("two tabs have one connection, and both have every event", async () => {
  const { leader, follower } = await pair();
  expect([leader.world.sockets.length, follower.world.sockets.length]).toEqual([1, 0]);
  expect(follower.world.client.state).toEqual({ status: "open", transport: "websocket", error: null });
  leader.world.socket.post("e.2");
  await soon();
  expect([leader.world.ids, follower.world.ids]).toEqual([["e.2"], ["e.2"]]);
});

test("a tab whose leader dies goes on from the last event, with all that is wanted", async () => {
  const { leader, follower } = await pair();
  follower.world.client.subscribe("post:1");
  await soon();
  barrier(leader.world);
  leader.world.socket.post("e.2");
  await soon();
  leader.tab.kill();
  await soon();
  const { socket } = follower.world;
  expect(socket.query.get("cursor")).toBe("e.2");
  expect(socket.query.get("channels")).toBe("community,post:1");
  expect(follower.world.client.state.status).toBe("reconnecting");
  socket.connected({ resume: "resumed", cursor: "e.2" });
  socket.post("e.3");
  await soon();
  expect(follower.world.client.state.status).toBe("open");
  expect(follower.world.ids).toEqual(["e.2", "e.3"]);
});

test("tabs of different people, or of different APIs, share nothing", async () => {
  const browser = new Browser();
  const all = [
    open(browser),
    open(browser, { token: jwt("ben") }),
    open(browser, { url: "https://other.example/api/v1" }),
  ];
  await soon();
  expect(all.map(({ world }) => world.sockets.length)).toEqual([1, 1, 1]);
});

test("a leader that has no fresh token asks a tab that can get one", async () => {
  const fresh = jwt("ada", 2);
  const asked: boolean[] = [];
  const token = ({ refresh }: { refresh: boolean }) => {
    asked.push(refresh);
    return refresh ? fresh : jwt("ada", 1);
  };
  const { leader } = await pair({ token });
  leader.world.socket.disconnecting(4401, true);
  await leader.world.clock.pass(1_000);
  await soon();
  expect(leader.world.sockets).toHaveLength(2);
  expect(leader.world.socket.protocols).toContain(`bearer.${fresh}`);
  expect(asked.filter((refresh) => refresh)).toHaveLength(1);
});

test("another person's token is never taken", async () => {
  const { leader } = await pair({ token: ({ refresh }) => jwt(refresh ? "ben" : "ada") });
  leader.world.socket.disconnecting(4401, true);
  await leader.world.clock.pass(20_000);
  await soon();
  expect(leader.world.sockets).toHaveLength(1);
});

test("a page that is frozen lets another lead, and follows when it is back", async () => {
  const { leader, follower } = await pair();
  leader.world.page?.freeze();
  await soon();
  expect(leader.world.client.state.status).toBe("reconnecting");
  follower.world.socket.connected({ resume: "resumed", cursor: "e.1" });
  await soon();
  leader.world.page?.wake();
  await soon();
  barrier(follower.world);
  await soon();
  expect(leader.world.client.state.status).toBe("open");
  follower.world.socket.post("e.2");
  await soon();
  expect([leader.world.ids, follower.world.ids]).toEqual([["e.2"], ["e.2"]]);
  expect([leader.world.sockets.length, follower.world.sockets.length]).toEqual([1, 1]);
});

test("a login that ends takes its own tab along; what ends the person's connection, all", async () => {
  const { leader, follower } = await pair();
  leader.world.socket.disconnecting(4403, false);
  await soon();
  expect(leader.world.client.state).toMatchObject({ status: "closed", error: { code: 4403, final: true } });
  expect(follower.world.client.state.status).toBe("reconnecting");
  const other = await pair();
  other.leader.world.socket.disconnecting(4409, false);
  await soon();
  const states = [other.leader, other.follower].map(({ world }) => world.client.state);
  expect(states.map(({ status, error }) => [status, error?.code])).toEqual([
    ["closed", 4409],
    ["closed", 4409],
  ]);
});

test("a channel that only a tab which is gone wanted is read no more", async () => {
  const { leader, follower } = await pair();
  follower.world.client.subscribe("post:1");
  await soon();
  barrier(leader.world);
  follower.tab.kill();
  await soon();
  expect(leader.world.socket.sent).toContainEqual({ type: "Unsubscribe", channels: ["post:1"] });
});

test("where there are no locks, each client has its own connection", async () => {
  const share = tabs({ locks: undefined });
  const world = new World({ token: jwt("ada"), share });
  await world.connect();
  expect(world.client.state.status).toBe("open");
});
