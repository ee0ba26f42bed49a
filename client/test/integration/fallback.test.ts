/** Against a real server, on networks that let only some of it through. */

import { expect, inject, test } from "vitest";
import { connect, contents, until } from "../support/clients.js";
import { Person } from "../support/people.js";
import { startProxy } from "../support/proxy.js";

const api = inject("api");

test("where a constructor fails, the stream comes over SSE", async () => {
  const ada = await Person.register(api, "Ada");
  const Blocked = class {
    constructor() {
      throw new Error("blocked by policy");
    }
  } as never;
  const { client, events } = connect({ url: api, token: ada.token, WebSocket: Blocked });
  await until(() => client.state.transport === "sse");
  await ada.post("over sse");
  await until(() => contents(events).includes("over sse"));
});

test("behind a proxy that knows no WebSocket, the stream comes over SSE", async () => {
  const proxy = await startProxy(api, { upgrades: false });
  try {
    const ada = await Person.register(api, "Ada");
    const { client, events } = connect({ url: proxy.api, token: ada.token });
    await until(() => client.state.transport === "sse");
    await ada.post("through the proxy");
    await until(() => contents(events).includes("through the proxy"));
  } finally {
    await proxy.stop();
  }
});

test("behind a proxy that holds back what streams, it is polled for", async () => {
  const proxy = await startProxy(api, { upgrades: false, buffers: true });
  try {
    const ada = await Person.register(api, "Ada");
    const { client, events } = connect({ url: proxy.api, token: ada.token });
    await until(() => client.state.transport === "poll");
    await ada.post("after a while");
    await until(() => contents(events).includes("after a while"));
  } finally {
    await proxy.stop();
  }
});

test("a refused token is replaced, also where nothing but WebSockets is tried", async () => {
  const ada = await Person.register(api, "Ada");
  const token = ({ refresh }: { refresh: boolean }) => (refresh ? ada.token : "no.longer.valid");
  const { client } = connect({ url: api, token, transports: ["websocket"] });
  await until(() => client.state.status === "open");
});

test("a cursor goes from one transport to the next without gap or double", async () => {
  const ada = await Person.register(api, "Ada");
  let cursor: string | undefined;
  const got: string[] = [];
  for (const transport of ["websocket", "sse", "poll", "websocket"] as const) {
    const name = `leg ${got.length}`;
    const { client, events } = connect({
      url: api,
      token: ada.token,
      transports: [transport],
      channels: [`author:${ada.id}`],
      ...(cursor !== undefined && { cursor }),
    });
    await until(() => client.state.status === "open");
    await ada.post(name);
    await until(() => contents(events).includes(name));
    cursor = client.cursor;
    client.close();
    got.push(...contents(events));
    await ada.post(`between ${name}`);
  }
  expect(got).toEqual([
    "leg 0",
    "between leg 0",
    "leg 1",
    "between leg 1",
    "leg 3",
    "between leg 3",
    "leg 5",
  ]);
});
