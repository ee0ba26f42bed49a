import fc from "fast-check";
import { expect, test } from "vitest";
import type { StreamEvent } from "../src/index.js";
import { Position } from "../src/position.js";

const timestamp = "2026-11-23T12:00:00.000Z";

function durable(position: number): StreamEvent {
  return {
    id: `e.${position}`,
    type: "PostDeleted",
    channel: "community",
    timestamp,
    data: { post_id: "p", author_id: "a" },
  };
}

function connected(resume: "fresh" | "resumed" | "reset", cursor: string): StreamEvent {
  const data = { cursor, resume } as Extract<StreamEvent, { type: "Connected" }>["data"];
  return { type: "Connected", timestamp, data };
}

function heartbeat(cursor: string): StreamEvent {
  return { type: "Heartbeat", timestamp, data: { timestamp, cursor } };
}

function resync(cursor: string): StreamEvent {
  return { type: "ResyncRequired", timestamp, data: { reason: "history_pruned", cursor } };
}

test("the cursor follows events, and what control events report", () => {
  const position = new Position();
  expect(position.cursor).toBeUndefined();
  const cursors = [connected("fresh", "e.3"), durable(5), heartbeat("e.9")].map((event) => {
    position.accept(event);
    return position.cursor;
  });
  expect(cursors).toEqual(["e.3", "e.5", "e.9"]);
});

test("an event whose id was there is not new", () => {
  const position = new Position();
  expect([durable(1), durable(2), durable(1)].map((event) => position.accept(event))).toEqual([
    true,
    true,
    false,
  ]);
});

test("while a reset is not handled the old cursor stays", () => {
  const position = new Position("old.1");
  position.accept(connected("reset", "e.7"));
  position.accept(durable(8));
  expect(position.cursor).toBe("old.1");
  position.accept(resync("e.7"));
  const release = position.hold();
  position.accept(durable(9));
  expect(position.cursor).toBe("old.1");
  release();
  expect(position.cursor).toBe("e.9");
});

test("a resync in the middle of a connection keeps the cursor back as well", () => {
  const position = new Position("e.1");
  position.accept(resync("e.7"));
  expect(position.cursor).toBe("e.1");
  position.hold()();
  expect(position.cursor).toBe("e.7");
});

test("an earlier reset that is handled late does not let go of a later one", () => {
  const position = new Position("old.1");
  const release = position.hold();
  position.accept(connected("reset", "e.7"));
  release();
  expect(position.cursor).toBe("old.1");
});

/**
 * A server with a log, and connections that are cut anywhere, or overlap: each resumes from the client's cursor, may
 * be one that the client left already, and may skip what is on channels it does not read.
 */
test("over any cuts every event is delivered exactly once, in order", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("happen" as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant("deliver" as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.constant({ kind: "cut" as const, count: 0 }),
    fc.record({ kind: fc.constant("overlap" as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.constant({ kind: "heartbeat" as const, count: 0 }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const position = new Position("e.0");
      const delivered: number[] = [];
      let last = 0;
      let sent = 0; // on the connection at hand
      const deliver = (count: number) => {
        for (; count > 0 && sent < last; count--) {
          sent++;
          if (position.accept(durable(sent))) delivered.push(sent);
        }
      };
      const reconnect = (back: number) => {
        sent = Math.max(0, Number(position.cursor?.slice(2)) - back);
        position.accept(connected("resumed", `e.${sent}`));
      };
      for (const { kind, count } of steps) {
        if (kind === "happen") last += count;
        if (kind === "deliver") deliver(count);
        if (kind === "cut") reconnect(0);
        if (kind === "overlap") reconnect(count);
        if (kind === "heartbeat") position.accept(heartbeat(`e.${sent}`));
      }
      deliver(last);
      expect(delivered).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    }),
  );
});
