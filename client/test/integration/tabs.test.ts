/** Against a real server: several tabs of one person, over Node's own `BroadcastChannel`. */

import { afterEach, expect, inject, test } from "vitest";
import { WebSocket } from "ws";
import { RealtimeClient, type StreamEvent } from "../../src/index.js";
import { type Channel, tabs } from "../../src/tabs/index.js";
import type { SocketConstructor } from "../../src/transport-websocket.js";
import { Browser, type Tab } from "../support/browser.js";
import { contents, until } from "../support/clients.js";
import { Person } from "../support/people.js";

const api = inject("api");
const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Page {
  tab: Tab;
  client: RealtimeClient;
  events: StreamEvent[];
  sockets: WebSocket[];
  /** The tab crashes: what it had open is gone. */
  crash(): void;
}

function nodeBrowser(): Browser {
  return new Browser((name) => new BroadcastChannel(name) as unknown as Channel);
}

async function open(browser: Browser, token: string): Promise<Page> {
  const tab = browser.tab();
  const sockets: WebSocket[] = [];
  class Socket extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  const client = new RealtimeClient({
    url: api,
    token,
    WebSocket: Socket as unknown as SocketConstructor,
    share: tabs(tab),
  });
  const events: StreamEvent[] = [];
  client.on("event", (event) => events.push(event));
  client.connect();
  const crash = () => {
    tab.kill(); // first: nothing it says from now on is heard
    client.close();
    for (const socket of sockets) socket.terminate();
  };
  closing.push(crash);
  await until(() => client.state.status === "open");
  return { tab, client, events, sockets, crash };
}

test("tabs share one connection, and lose nothing while its tab crashes, again and again", async () => {
  const browser = nodeBrowser();
  const ada = await Person.register(api, "Ada");
  const pages: Page[] = [];
  for (let count = 0; count < 4; count++) pages.push(await open(browser, ada.token));
  expect(pages.map(({ sockets }) => sockets.length)).toEqual([1, 0, 0, 0]);
  const said: string[] = [];
  for (let round = 0; round < 4; round++) {
    for (let count = 0; count < 3; count++) {
      said.push(`tabs ${round}.${count}`);
      await ada.post(said.at(-1) as string);
      if (round < 3 && count === 1) pages[round]?.crash();
    }
  }
  const own = ({ events }: Page) => contents(events).filter((content) => content.startsWith("tabs "));
  const last = pages[3] as Page;
  await until(() => own(last).length >= said.length);
  expect(own(last)).toEqual(said);
  for (const page of pages.slice(0, 3)) expect(own(page)).toEqual(said.slice(0, own(page).length));
  expect(last.sockets).toHaveLength(1);
});

test("a follower reads a channel, and says something, by the leader's connection", async () => {
  const browser = nodeBrowser();
  const ada = await Person.register(api, "Ada");
  const post = await ada.post("Borscht");
  const leader = await open(browser, ada.token);
  const follower = await open(browser, ada.token);
  const since = follower.client.cursor as string;
  await ada.comment(post, "missed");
  follower.client.subscribe(`post:${post}`, { since });
  expect(follower.client.send({ type: "Subscribe", channels: ["post:nothing"], ref: "no" })).toBe(true);
  const refused = ({ type, data }: StreamEvent) => type === "Error" && data.ref === "no";
  await until(() => follower.events.some(refused));
  await ada.comment(post, "live");
  await until(() => contents(follower.events).includes("live"));
  expect(contents(follower.events)).toEqual(["missed", "live"]);
  expect([leader.sockets.length, follower.sockets.length]).toEqual([1, 0]);
});

test("two people in two tabs of one browser share nothing", async () => {
  const browser = nodeBrowser();
  const [ada, ben] = [await Person.register(api, "Ada"), await Person.register(api, "Ben")];
  const pages = [await open(browser, ada.token), await open(browser, ben.token)];
  expect(pages.map(({ sockets }) => sockets.length)).toEqual([1, 1]);
});
