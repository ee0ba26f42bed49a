/** Against a real server: what all transports do alike. */

import { describe, expect, inject, test } from "vitest";
import { connect, contents, until } from "../support/clients.js";
import { Person } from "../support/people.js";
import { startRestartable, startServer } from "../support/server.js";

const api = inject("api");

describe.each(["websocket", "sse", "poll"] as const)("over %s", (transport) => {
  test("events arrive once and in order", async () => {
    const ada = await Person.register(api, "Ada");
    const { client, events } = connect({ url: api, token: ada.token, transports: [transport] });
    await until(() => client.state.status === "open");
    expect(client.state.transport).toBe(transport);
    const said = Array.from({ length: 20 }, (_, index) => `${transport} ${index}`);
    for (const content of said) await ada.post(content);
    const own = () => contents(events).filter((content) => content.startsWith(transport));
    await until(() => own().length >= said.length);
    expect(own()).toEqual(said);
  });

  test("a channel is read from subscribing to unsubscribing, by all its readers", async () => {
    const ada = await Person.register(api, "Ada");
    const post = await ada.post("Borscht");
    const { client, events } = connect({ url: api, token: ada.token, transports: [transport], channels: [] });
    await until(() => client.state.status === "open");
    const [first, second] = [client.subscribe(`post:${post}`), client.subscribe(`post:${post}`)];
    await until(() => events.some((event) => event.type === "Subscribed"));
    first();
    await ada.comment(post, "one");
    await until(() => contents(events).includes("one"));
    second();
    await until(() => events.some((event) => event.type === "Unsubscribed"));
    await ada.comment(post, "two");
    client.subscribe(`author:${ada.id}`);
    await until(() => events.filter((event) => event.type === "Subscribed").length === 2);
    await ada.post("three");
    await until(() => contents(events).includes("three"));
    expect(contents(events)).toEqual(["one", "three"]);
  });

  test("a channel that begins at a cursor has what came after it", async () => {
    const ada = await Person.register(api, "Ada");
    const post = await ada.post("Borscht");
    const { client, events } = connect({ url: api, token: ada.token, transports: [transport], channels: [] });
    await until(() => client.state.status === "open");
    const since = client.cursor as string;
    for (const content of ["missed", "missed too"]) await ada.comment(post, content);
    client.subscribe(`post:${post}`, { since });
    await until(() => contents(events).includes("missed too"));
    await ada.comment(post, "live");
    await until(() => contents(events).includes("live"));
    expect(contents(events)).toEqual(["missed", "missed too", "live"]);
  });

  test("what happened while it was closed comes after it", async () => {
    const ada = await Person.register(api, "Ada");
    const { client, events } = connect({ url: api, token: ada.token, transports: [transport] });
    await until(() => client.state.status === "open");
    client.close();
    for (const content of ["missed 1", "missed 2"]) await ada.post(content);
    client.connect();
    await until(() => contents(events).includes("missed 2"));
    expect(contents(events).filter((content) => content.startsWith("missed"))).toEqual([
      "missed 1",
      "missed 2",
    ]);
  });

  test("a cursor that cannot be honoured asks for a resync, once it was handled goes on", async () => {
    const ada = await Person.register(api, "Ada");
    const reasons: string[] = [];
    const { client } = connect({ url: api, token: ada.token, transports: [transport], cursor: "no.1" });
    client.on("resync", (event) => reasons.push(event.data.reason));
    await until(() => reasons.length > 0);
    await until(() => client.cursor !== "no.1");
    expect(reasons).toEqual(["unknown_cursor"]);
  });

  test("a server that is killed and comes back loses nothing", async () => {
    const server = await startRestartable();
    try {
      const ada = await Person.register(server.api, "Ada");
      const { client, events } = connect({ url: server.api, token: ada.token, transports: [transport] });
      await until(() => client.state.status === "open");
      await ada.post("before");
      await until(() => contents(events).includes("before"));
      await server.kill();
      await until(() => client.state.status === "reconnecting");
      await server.restart();
      await ada.post("after");
      await until(() => contents(events).includes("after"));
      expect(contents(events)).toEqual(["before", "after"]);
    } finally {
      await server.stop();
    }
  });
});

describe.each(["websocket", "sse"] as const)("over the stream of %s", (transport) => {
  test("a token is exchanged in band before it expires", async () => {
    const server = await startServer({ ACCESS_TOKEN_SECONDS: "5" });
    try {
      const ada = await Person.register(server.api, "Ada");
      const token = ({ refresh }: { refresh: boolean }) => (refresh ? ada.refresh() : ada.token);
      const { client, events } = connect({ url: server.api, token, transports: [transport] });
      await until(() => events.filter((event) => event.type === "TokenRefreshed").length >= 2);
      expect(events.filter((event) => event.type === "Connected")).toHaveLength(1);
      expect(client.state.status).toBe("open");
    } finally {
      await server.stop();
    }
  });

  test("an end that is final is obeyed", async () => {
    const ada = await Person.register(api, "Ada");
    const { client } = connect({ url: api, token: ada.token, transports: [transport] });
    await until(() => client.state.status === "open");
    await ada.logout();
    await until(() => client.state.status === "closed");
    expect(client.state.error).toMatchObject({ code: 4403, final: true });
  });
});

test("a token that is refused is final where no other can be had", async () => {
  const { client } = connect({ url: api, token: "not.a.token" });
  await until(() => client.state.status === "closed");
  expect(client.state.error).toMatchObject({ code: "invalid_token", final: true });
});

test("a token that is refused is refreshed", async () => {
  const ada = await Person.register(api, "Ada");
  const token = ({ refresh }: { refresh: boolean }) => (refresh ? ada.token : "not.a.token");
  const { client } = connect({ url: api, token });
  await until(() => client.state.status === "open");
});
