/** Against a real server, with what React Native has: no page, no storage, no `fetch` that streams. */

import { afterEach, beforeEach, expect, inject, test, vi } from "vitest";
import type { Happenings } from "../../src/surroundings.js";
import { connect, contents, until } from "../support/clients.js";
import { Person } from "../support/people.js";

const api = inject("api");
const request = globalThis.fetch;
const ABSENT = [
  "WebSocket",
  "BroadcastChannel",
  "navigator",
  "localStorage",
  "window",
  "document",
  "location",
];

beforeEach(() => {
  for (const name of ABSENT) vi.stubGlobal(name, undefined);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Its answers are there when they are whole. */
const fetch: typeof globalThis.fetch = async (input, init) => {
  const response = await request(input, init);
  const { status, headers } = response;
  const text = await response.text();
  return { status, headers, ok: response.ok, body: undefined, json: async () => JSON.parse(text) } as never;
};

test("the app goes to the background and comes back to what it missed", async () => {
  const ada = await Person.register(api, "Ada");
  let app: Happenings | undefined;
  const surroundings = (happenings: Happenings) => {
    app = happenings;
    return () => {
      app = undefined;
    };
  };
  const { client, events } = connect({ url: api, token: ada.token, fetch, surroundings });
  await until(() => client.state.transport === "websocket");
  await ada.post("seen");
  await until(() => contents(events).includes("seen"));
  app?.freeze();
  expect(client.state.status).toBe("reconnecting");
  await ada.post("missed");
  app?.wake();
  await until(() => contents(events).includes("missed"));
  expect(contents(events)).toEqual(["seen", "missed"]);
  client.close();
  expect(app).toBeUndefined();
});

test("where no WebSocket gets through, it polls: this fetch does not stream", async () => {
  const ada = await Person.register(api, "Ada");
  const Blocked = class {
    constructor() {
      throw new Error("blocked");
    }
  } as never;
  const { client, events } = connect({ url: api, token: ada.token, fetch, WebSocket: Blocked });
  await until(() => client.state.transport === "poll");
  await ada.post("polled for");
  await until(() => contents(events).includes("polled for"));
});
