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
