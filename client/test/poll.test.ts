/** Long polls, told as a stream. */

import { expect, test, vi } from "vitest";
import { settled } from "./support/clock.js";
import { World } from "./support/world.js";

const nothing = { data: [], cursor: "e.1", has_more: false, resync: null };

async function polling(): Promise<World> {
  const world = new World({ transports: ["poll"] });
  world.client.connect();
  await settled();
  await vi.dynamicImportSettled();
  world.request.json(nothing);
  await settled();
  return world;
}

test("the first answer connects, and each next question goes on from the last answer", async () => {
  const world = await polling();
  expect(world.client.state).toMatchObject({ status: "open", transport: "poll" });
  expect(world.requests.map(({ url }) => url.split("/realtime/")[1])).toEqual([
    "events?channels=community&wait=0",
    "events?channels=community&after=e.1&wait=25",
  ]);
  const post = { id: "e.2", type: "PostDeleted", channel: "community", timestamp: "", data: {} };
  world.request.json({ ...nothing, data: [post], cursor: "e.3" });
  await settled();
  expect(world.ids).toEqual(["e.2"]);
  expect(world.request.url).toContain("after=e.3");
});

test("a new channel, and an old cursor for it, are asked for at once", async () => {
  const world = await polling();
  const { request } = world;
  world.client.subscribe("post:1", { since: "e.0" });
  await settled();
  expect(request.aborted).toBe(true);
  expect(world.request.url).toContain("channels=community%2Cpost%3A1&after=e.0");
  expect(world.client.state.status).toBe("open");
});

test("a channel that cannot be read is left out, and the others go on", async () => {
  const world = await polling();
  world.client.subscribe("post:1");
  await settled();
  world.request.refuse(422);
  await settled();
  world.request.json(nothing); // community alone
  await settled();
  world.request.refuse(422); // post:1 alone
  await settled();
  expect(world.events.at(-1)).toMatchObject({ type: "Error", data: { code: "channel_forbidden" } });
  expect(world.request.url).toContain("channels=community&");
});

test("a cursor that cannot be honoured is a resync", async () => {
  const world = await polling();
  const reasons: string[] = [];
  world.client.on("resync", ({ data }) => reasons.push(data.reason));
  world.request.json({ ...nothing, cursor: "e.9", resync: { reason: "history_pruned" } });
  await settled();
  expect(reasons).toEqual(["history_pruned"]);
  expect(world.client.cursor).toBe("e.9");
});

test("a refusal ends it", async () => {
  const world = await polling();
  world.request.refuse(403, { code: "session_revoked", detail: "no" });
  await settled();
  expect(world.client.state).toMatchObject({ status: "closed", error: { code: "session_revoked" } });
});
