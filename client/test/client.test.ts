/** The client over a network of the test's own making. */

import { describe, expect, test } from "vitest";
import { settled } from "./support/clock.js";
import { World } from "./support/world.js";

test("connects with the subprotocols, the channels and no token in the address", async () => {
  const world = new World();
  expect(world.client.state.status).toBe("idle");
  world.client.connect();
  expect(world.client.state.status).toBe("connecting");
  await settled();
  expect(world.socket.protocols).toEqual(["itcook.v1", "bearer.t1"]);
  expect(world.socket.url).toBe("wss://itcook.example/api/v1/realtime/ws?channels=community");
  world.socket.connected();
  expect(world.client.state).toEqual({ status: "open", transport: "websocket", error: null });
});

test("the state stays the same object while nothing changes", async () => {
  const world = new World();
  const socket = await world.connect();
  const before = world.client.state;
  socket.post("e.1");
  expect(world.client.state).toBe(before);
});

test("a cut is followed by another connection from the last cursor, after a pause", async () => {
  const world = new World();
  const socket = await world.connect();
  socket.post("e.1");
  socket.heartbeat("e.4");
  await world.clock.pass(20_000);
  socket.heartbeat("e.5");
  socket.die();
  expect(world.client.state.status).toBe("reconnecting");
  await world.clock.pass(499);
  expect(world.sockets).toHaveLength(1);
  await world.clock.pass(501);
  expect(world.sockets).toHaveLength(2);
  expect(world.socket.query.get("cursor")).toBe("e.5");
  world.socket.connected({ resume: "resumed", cursor: "e.5" });
  world.socket.post("e.6");
  expect(world.ids).toEqual(["e.1", "e.6"]);
});

test("an event that comes twice is given once", async () => {
  const world = new World();
  const socket = await world.connect();
  for (const id of ["e.1", "e.2", "e.1"]) socket.post(id);
  expect(world.ids).toEqual(["e.1", "e.2"]);
});

test("nothing comes from a connection that was left", async () => {
  const world = new World();
  const socket = await world.connect();
  world.client.close();
  socket.post("e.1");
  socket.die();
  expect(socket.closed).toBe(true);
  expect(world.ids).toEqual([]);
  await world.clock.pass(3_600_000);
  expect(world.sockets).toHaveLength(1);
  expect(world.client.state.status).toBe("closed");
});

describe("ends", () => {
  test("one that is final is obeyed", async () => {
    const world = new World();
    const socket = await world.connect();
    socket.disconnecting(4403, false);
    await world.clock.pass(3_600_000);
    expect(world.client.state).toMatchObject({ status: "closed", error: { code: 4403, final: true } });
    expect(world.sockets).toHaveLength(1);
  });

  test("a close says the same where no event could", async () => {
    const world = new World();
    const socket = await world.connect();
    socket.die(4409);
    expect(world.client.state.status).toBe("closed");
  });

  test("the time that the server asks for is waited", async () => {
    const world = new World();
    const socket = await world.connect();
    socket.disconnecting(1012, true, 7000);
    await world.clock.pass(6999);
    expect(world.sockets).toHaveLength(1);
    await world.clock.pass(1);
    expect(world.sockets).toHaveLength(2);
  });

  test("an expired token is refreshed before the next connection", async () => {
    const asked: boolean[] = [];
    const token = ({ refresh }: { refresh: boolean }) => `t${asked.push(refresh)}`;
    const world = new World({ token });
    const socket = await world.connect();
    socket.disconnecting(4401, true);
    await world.clock.pass(1000);
    expect(asked).toEqual([false, true]);
    expect(world.socket.protocols[1]).toBe("bearer.t2");
  });

  test("connections that open and end at once are no hot loop", async () => {
    const world = new World();
    world.luck = 0;
    world.client.connect();
    for (let second = 0; second < 60; second++) {
      await world.clock.pass(1000);
      const { socket } = world;
      if (socket.closed) continue;
      socket.connected();
      socket.disconnecting(4000, true);
    }
    expect(world.sockets.length).toBeLessThanOrEqual(120);
  });
});

describe("silence", () => {
  test("a connection from which nothing comes is left after its timeout", async () => {
    const world = new World();
    const socket = await world.connect();
    await world.clock.pass(29_999);
    expect(socket.closed).toBe(false);
    await world.clock.pass(1);
    expect(socket.closed).toBe(true);
  });

  test("a page that wakes leaves what died while it slept", async () => {
    const world = new World();
    const socket = await world.connect();
    world.clock.freeze(60_000);
    world.page?.wake();
    await world.clock.pass(1000);
    expect(socket.closed).toBe(true);
    expect(world.sockets).toHaveLength(2);
  });

  test("a new network has to show that the connection still lives", async () => {
    const world = new World();
    const socket = await world.connect();
    world.page?.online();
    await world.clock.pass(12_000);
    expect(socket.closed).toBe(true);
  });

  test("without a network nothing is tried, and with one at once", async () => {
    const world = new World();
    const socket = await world.connect();
    world.page?.offline();
    socket.die();
    await world.clock.pass(600_000);
    expect(world.sockets).toHaveLength(1);
    world.page?.online();
    await world.clock.pass(0);
    expect(world.sockets).toHaveLength(2);
  });

  test("a frozen page holds no connection; thawed it has one again", async () => {
    const world = new World();
    const socket = await world.connect();
    world.page?.freeze();
    expect(socket.closed).toBe(true);
    await world.clock.pass(600_000);
    expect(world.sockets).toHaveLength(1);
    world.page?.wake();
    await world.clock.pass(0);
    expect(world.sockets).toHaveLength(2);
  });

  test("a page that wakes again and again does not try faster", async () => {
    const world = new World({ transports: ["websocket"] });
    world.client.connect();
    for (let wake = 0; wake < 1000; wake++) {
      await world.clock.pass(10);
      world.page?.wake();
      if (!world.socket.closed) world.socket.die();
    }
    expect(world.sockets.length).toBeLessThanOrEqual(21);
  });
});

describe("transports", () => {
  test("where no WebSocket can be opened, SSE comes at once", async () => {
    const world = new World();
    world.client.connect();
    await settled();
    world.socket.die();
    await world.clock.pass(0);
    expect(world.request.url).toBe("https://itcook.example/api/v1/realtime/sse?channels=community");
    world.request.connected();
    await world.clock.pass(0);
    expect(world.client.state).toMatchObject({ status: "open", transport: "sse" });
  });

  test("a constructor that throws is a transport that fails", async () => {
    const Broken = class {
      constructor() {
        throw new Error("blocked");
      }
    } as never;
    const world = new World({ WebSocket: Broken });
    world.client.connect();
    await world.clock.pass(0);
    await world.clock.pass(0);
    expect(world.requests).toHaveLength(1);
  });

  test("a WebSocket that opens and stays mute is no use", async () => {
    const world = new World();
    world.client.connect();
    await world.clock.pass(10_000);
    expect(world.socket.closed).toBe(true);
    expect(world.requests).toHaveLength(1);
  });

  test("a WebSocket that connects and dies three times is no use", async () => {
    const world = new World();
    world.client.connect();
    for (let time = 0; time < 3; time++) {
      await world.clock.pass(5000);
      expect(world.requests).toHaveLength(0);
      world.socket.connected();
      world.socket.die();
    }
    await world.clock.pass(0);
    expect(world.requests).toHaveLength(1);
  });

  test("when everything fails it is no transport's fault, and the next attempt begins at the top", async () => {
    const world = new World({ transports: ["websocket", "sse"] });
    world.client.connect();
    await settled();
    world.socket.die();
    await world.clock.pass(0);
    world.request.die();
    await world.clock.pass(1000);
    expect(world.sockets).toHaveLength(2);
  });

  test("an HTTP answer tells what a WebSocket cannot: the refusal is final", async () => {
    const world = new World();
    world.client.connect();
    await settled();
    world.socket.die();
    await world.clock.pass(0);
    world.request.refuse(403, { code: "origin_forbidden", detail: "no" });
    await world.clock.pass(60_000);
    expect(world.client.state.error).toEqual({ code: "origin_forbidden", message: "no", final: true });
    expect(world.sockets).toHaveLength(1);
  });

  test("a client of WebSockets alone learns by HTTP that its token has expired, and gets another one", async () => {
    const asked: boolean[] = [];
    const token = ({ refresh }: { refresh: boolean }) => `t${asked.push(refresh)}`;
    const world = new World({ transports: ["websocket"], token });
    world.client.connect();
    await settled();
    world.socket.die();
    expect(world.request.url).toContain("/auth/me");
    world.request.refuse(401, { code: "invalid_token", detail: "expired" });
    await world.clock.pass(0);
    expect(asked).toEqual([false, true]);
    expect(world.socket.protocols).toEqual(["itcook.v1", "bearer.t2"]);
    world.socket.connected();
    expect(world.client.state.status).toBe("open");
  });

  test("a client of WebSockets alone goes on trying where HTTP has no answer either", async () => {
    const world = new World({ transports: ["websocket"] });
    world.client.connect();
    await settled();
    world.socket.die();
    world.request.die();
    await world.clock.pass(1_000);
    expect(world.sockets).toHaveLength(2);
    expect(world.client.state).toMatchObject({ status: "connecting", error: { code: "cut" } });
  });

  test("an overloaded server gets the time it asks for", async () => {
    const world = new World({ transports: ["sse"] });
    world.client.connect();
    await settled();
    world.request.refuse(503, {}, { "Retry-After": "20" });
    await world.clock.pass(19_999);
    expect(world.requests).toHaveLength(1);
    await world.clock.pass(1);
    expect(world.requests).toHaveLength(2);
  });

  test("it goes back up once a WebSocket connects, without a gap or a double", async () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
    const world = new World({ storage });
    world.client.connect();
    await settled();
    world.socket.die();
    await world.clock.pass(0);
    const { request } = world;
    request.connected();
    await world.clock.pass(6000);
    request.say({ id: "e.1", type: "PostDeleted", channel: "community", data: {} });
    await world.clock.pass(0);
    expect([...kept.values()]).toEqual(["sse"]);
    for (let beat = 0; beat < 6; beat++) {
      await world.clock.pass(10_000);
      request.say({ type: "Heartbeat", data: { cursor: "e.1" } });
    }
    await world.clock.pass(0);
    expect(world.sockets).toHaveLength(2);
    request.say({ id: "e.2", type: "PostDeleted", channel: "community", data: {} });
    await world.clock.pass(0);
    const { socket } = world;
    expect(socket.query.get("cursor")).toBe("e.1");
    socket.connected({ resume: "resumed", cursor: "e.1" });
    expect(request.aborted).toBe(true);
    expect(world.client.state).toMatchObject({ status: "open", transport: "websocket" });
    socket.post("e.2");
    socket.post("e.3");
    expect(world.ids).toEqual(["e.1", "e.2", "e.3"]);
    await world.clock.pass(6000);
    socket.heartbeat("e.3");
    expect([...kept.values()]).toEqual([]);
  });

  test("what worked on this network is tried first the next time", async () => {
    const storage = { getItem: () => "sse", setItem: () => {}, removeItem: () => {} };
    const world = new World({ storage });
    world.client.connect();
    await settled();
    expect(world.sockets).toHaveLength(0);
    expect(world.requests).toHaveLength(1);
  });
});

describe("channels", () => {
  test("what comes and goes in one go is not told; readers are counted", async () => {
    const world = new World();
    const socket = await world.connect();
    world.client.subscribe("post:1")();
    const [one, other] = [world.client.subscribe("post:2"), world.client.subscribe("post:2")];
    await settled();
    expect(socket.sent).toEqual([{ type: "Subscribe", channels: ["post:2"] }]);
    one();
    one();
    await settled();
    expect(socket.sent).toHaveLength(1);
    other();
    await settled();
    expect(socket.sent[1]).toEqual({ type: "Unsubscribe", channels: ["post:2"] });
  });

  test("a new connection reads all that is wanted then", async () => {
    const world = new World();
    const socket = await world.connect();
    world.client.subscribe("post:1");
    await settled();
    socket.die();
    await world.clock.pass(1000);
    expect(world.socket.query.get("channels")).toBe("community,post:1");
  });
});

test("a channel that is to begin at a cursor does so once, however often it takes", async () => {
  const world = new World();
  world.client.subscribe("post:1", { since: "e.3" });
  const first = await world.connect();
  const subscribe = { type: "Subscribe", channels: ["post:1"], since: "e.3", ref: "e.3" };
  expect(first.query.get("channels")).toBe("community");
  expect(first.sent).toEqual([subscribe]);
  first.die();
  await world.clock.pass(1000);
  const second = world.socket;
  second.connected();
  expect(second.sent).toEqual([subscribe]);
  second.say({ type: "Subscribed", data: { channels: ["community", "post:1"], cursor: "e.3", ref: "e.3" } });
  second.die();
  await world.clock.pass(2000);
  expect(world.socket.query.get("channels")).toBe("community,post:1");
});

test("a channel that is read already is asked for what it had before", async () => {
  const world = new World();
  const socket = await world.connect();
  world.client.subscribe("community", { since: "e.3" });
  await settled();
  expect(socket.sent).toEqual([{ type: "Subscribe", channels: ["community"], since: "e.3", ref: "e.3" }]);
});

describe("resync", () => {
  test("the cursor stays behind until the state was loaded anew", async () => {
    let loaded = () => {};
    const world = new World({ cursor: "old.1" });
    world.client.on("resync", () => new Promise<void>((resolve) => (loaded = resolve)));
    world.client.connect();
    await settled();
    const { socket } = world;
    socket.connected({ resume: "reset", cursor: "e.7" });
    socket.say({ type: "ResyncRequired", data: { reason: "history_pruned", cursor: "e.7" } });
    socket.post("e.8");
    expect(world.client.cursor).toBe("old.1");
    loaded();
    await settled();
    expect(world.client.cursor).toBe("e.8");
  });
});

test("the token is exchanged before it expires, by the server's clock", async () => {
  let count = 0;
  const world = new World({ token: () => `t${++count}` });
  const socket = await world.connect();
  for (let beat = 0; beat < 84; beat++) {
    expect(socket.sent).toEqual([]);
    await world.clock.pass(10_000);
    socket.heartbeat("e.1");
  }
  await settled();
  expect(socket.sent).toEqual([{ type: "Authenticate", token: "t2" }]);
});

test("a token that cannot be got is tried for again, with pauses", async () => {
  let asked = 0;
  const world = new World({
    token: () => {
      asked++;
      throw new Error("offline");
    },
  });
  world.client.connect();
  await world.clock.pass(60_000);
  expect(world.client.state).toMatchObject({ status: "connecting", error: { message: "offline" } });
  expect(asked).toBeGreaterThan(2);
  expect(asked).toBeLessThan(12);
});
