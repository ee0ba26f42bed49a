import type { Clock } from "./clock.js";
import type { ClientMessage, StreamEvent } from "./events.js";

const MARGIN = 60_000; // milliseconds before the end
const SHARE = 0.2; // of the token's life, where that is less

export interface Source {
  /** A fresh token. */
  token(): Promise<string>;
  send(message: ClientMessage): boolean;
}

/**
 * Exchanges the token in band before it expires. Where that fails, the connection ends with 4401 and another one
 * begins with a fresh token: later, but without loss.
 */
export class Renewal {
  #cancel = () => {};
  #run = {};

  constructor(
    private readonly clock: Clock,
    private readonly source: Source,
  ) {}

  /** Learn from an event of the connection when its token expires. */
  hear(event: StreamEvent, canRefresh: boolean): void {
    if (!canRefresh || (event.type !== "Connected" && event.type !== "TokenRefreshed")) return;
    this.stop();
    // By the server's clock alone: this machine's may be wrong.
    const left = Date.parse(event.data.expires_at) - Date.parse(event.timestamp);
    this.#cancel = this.clock.after(left - Math.min(MARGIN, SHARE * left), () => this.#renew());
  }

  stop(): void {
    this.#run = {};
    this.#cancel();
  }

  async #renew(): Promise<void> {
    const run = this.#run;
    const token = await this.source.token().catch(() => undefined);
    if (token !== undefined && this.#run === run) this.source.send({ type: "Authenticate", token });
  }
}
