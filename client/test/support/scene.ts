import { RealtimeClient } from "../../src/index.js";
import { type Channel, tabs } from "../../src/tabs/index.js";
import type { SocketConstructor } from "../../src/transport-websocket.js";
import { Browser, broadcasts, type Tab } from "./browser.js";
import { settled, TestClock } from "./clock.js";
import { LogServer } from "./log-server.js";
import { jwt } from "./people.js";

// The client loads it when it is used, in time that no test clock knows of.
await import("../../src/transport-poll.js");

/** One tab, and from where on it must have had everything. */
export interface Page {
  tab: Tab;
  client: RealtimeClient;
  ids: string[];
  from: string | undefined;
  /** What it was loaded with. */
  loaded: Set<string>;
}

export class Scene {
  readonly clock = new TestClock();
  readonly server = new LogServer(this.clock);
  readonly pages: Page[] = [];
  readonly #waiting = new Map<Channel, (() => void)[]>();
  readonly #browser = new Browser(
    broadcasts((receiver, deliver) => {
      this.#waiting.set(receiver, [...(this.#waiting.get(receiver) ?? []), deliver]);
    }),
  );

  get alive(): Page[] {
    return this.pages.filter(({ tab }) => !tab.dead);
  }

  open(cursor: string | undefined): void {
    const tab = this.#browser.tab();
    const client = new RealtimeClient({
      url: "https://itcook.example/api/v1",
      token: jwt("ada"),
      channels: ["community", "post:1"],
      transports: ["websocket"],
      storage: null,
      clock: tab.clock(this.clock),
      random: () => 0.5,
      surroundings: () => () => {},
      WebSocket: this.server.socket(tab) as SocketConstructor,
      fetch: this.server.fetch(tab),
      share: tabs(tab),
      ...(cursor !== undefined && { cursor }),
    });
    const loaded = new Set(cursor === undefined ? [] : this.server.log.map(({ id }) => id));
    const page: Page = { tab, client, ids: [], from: cursor, loaded };
    client.on("Connected", ({ data }) => {
      page.from ??= data.cursor;
    });
    client.on("event", (event) => {
      if ("id" in event) page.ids.push(event.id);
    });
    this.pages.push(page);
    client.connect();
  }

  kill({ tab }: Page): void {
    tab.kill();
    this.server.sweep();
  }

  close(page: Page): void {
    page.client.close();
    this.kill(page);
  }

  /** Let the `index`th of those who wait for messages have one. */
  deliver(index: number): void {
    const queues = [...this.#waiting.values()].filter((queue) => queue.length > 0);
    queues[index % queues.length]?.shift()?.();
  }

  /** All messages arrive, and what follows from them too. */
  async calm(): Promise<void> {
    for (let idle = 0; idle < 6; idle++) {
      const queue = [...this.#waiting.values()].find((waiting) => waiting.length > 0);
      if (queue) idle = 0;
      for (const deliver of queue?.splice(0) ?? []) deliver();
      await settled();
    }
  }

  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 5) {
      await this.clock.pass(5_000);
      await this.calm();
    }
  }

  /** What a page that began at `from` is owed. */
  owed(from: string): string[] {
    const wanted = new Set(["community", "post:1"]);
    const after = Number(from.slice(2));
    return this.server.log
      .slice(after)
      .filter(({ channel }) => wanted.has(channel))
      .map(({ id }) => id);
  }
}
