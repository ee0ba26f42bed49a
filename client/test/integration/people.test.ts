/** Against a real server: who is there, and who writes. */

import { describe, expect, inject, test } from "vitest";
import { connect, until } from "../support/clients.js";
import { Person } from "../support/people.js";

const api = inject("api");

describe.each(["websocket", "sse"] as const)("over %s", (transport) => {
  test("who writes is told to the others, until they stop", async () => {
    const [ada, ben] = [await Person.register(api, "Ada"), await Person.register(api, "Ben")];
    const post = await ada.post("Borscht");
    const channels = [`post:${post}`];
    const reader = connect({ url: api, token: ada.token, transports: [transport], channels });
    const writer = connect({ url: api, token: ben.token, transports: [transport], channels });
    await until(() => [reader, writer].every(({ client }) => client.state.status === "open"));
    writer.client.startTyping(post);
    writer.client.startTyping(post);
    const heard = () => reader.events.flatMap((event) => (event.type === "Typing" ? [event.data] : []));
    await until(() => heard().length === 1);
    writer.client.stopTyping(post);
    await until(() => heard().length === 2);
    const typing = { post_id: post, user_id: ben.id, user_name: "Ben Cook" };
    expect(heard()).toEqual([
      { ...typing, state: "started" },
      { ...typing, state: "stopped" },
    ]);
    expect(writer.events.some(({ type }) => type === "Typing")).toBe(false);
  });

  test("who is there is asked, and who comes and leaves is told", async () => {
    const [ada, ben] = [await Person.register(api, "Ada"), await Person.register(api, "Ben")];
    const channel = `post:${await ada.post("Borscht")}`;
    const reader = connect({ url: api, token: ada.token, transports: [transport], channels: [channel] });
    await until(() => reader.client.state.status === "open");
    expect(await reader.client.presence(channel)).toMatchObject({ online: 1, people: [{ user_id: ada.id }] });
    const guest = connect({ url: api, token: ben.token, transports: [transport], channels: [channel] });
    const told = () =>
      reader.events.flatMap(({ type, data }) =>
        type === "PresenceChanged" && data.user_id === ben.id ? [[data.state, data.online]] : [],
      );
    await until(() => told().length === 1);
    expect((await reader.client.presence(channel)).people.map(({ user_id }) => user_id).sort()).toEqual(
      [ada.id, ben.id].sort(),
    );
    guest.client.close();
    await until(() => told().length === 2);
    expect(told()).toEqual([
      ["joined", 2],
      ["left", 1],
    ]);
  });
});
