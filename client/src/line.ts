import type { Host, Ways } from "./driver.js";
import type { ClientMessage } from "./events.js";
import type { Happenings } from "./surroundings.js";

/** What a client has to the server: a connection of its own, or a part in one that several clients share. */
export interface Line extends Happenings {
  start(): void;
  stop(): void;
  /** Say something; false if there is no connection to say it on. */
  send(message: ClientMessage): boolean;
  /** Other channels are wanted now. */
  sync(): void;
  /** There is a newer token: go on with it. */
  renew(): Promise<void>;
}

export type Drive = (host: Host, ways: Ways) => Line;

/** Makes lines that share connections to the API at `url`, out of what makes connections. */
export type Share = (drive: Drive, url: string) => Drive;
