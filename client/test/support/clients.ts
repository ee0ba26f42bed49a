import { afterEach, vi } from "vitest";
import { WebSocket } from "ws";
import { type ClientOptions, RealtimeClient, type StreamEvent } from "../../src/index.js";
import type { SocketConstructor } from "../../src/transport-websocket.js";

const open: RealtimeClient[] = [];

afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

/** A client that is closed after the test, and what it gets. */
export function connect(options: ClientOptions): { client: RealtimeClient; events: StreamEvent[] } {
  const client = new RealtimeClient({
    WebSocket: WebSocket as unknown as SocketConstructor,
    ...options,
  });
  open.push(client);
  const events: StreamEvent[] = [];
  client.on("event", (event) => events.push(event));
  client.connect();
  return { client, events };
}

/** Wait until `condition` holds. */
export async function until(condition: () => boolean, what = String(condition)): Promise<void> {
  await vi.waitUntil(condition, { timeout: 30_000, interval: 10 }).catch(() => {
    throw new Error(`not within 30 s: ${what}`);
  });
}

/** The contents of the posts and comments among `events`, in the order of their arrival. */
export function contents(events: StreamEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === "NewCommunityPost" || event.type === "NewComment" ? [event.data.content] : [],
  );
}
