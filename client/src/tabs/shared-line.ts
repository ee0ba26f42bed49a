import { Backoff } from "../backoff.js";
import type { Host, Ways } from "../driver.js";
import type { ClientMessage } from "../events.js";
import { describe } from "../http.js";
import type { Drive, Line } from "../line.js";
import type { Failure, State } from "../options.js";
import type { Channel, Locks } from "./browser.js";
import { TabLine } from "./line.js";
import { personOf } from "./person.js";

interface Place {
  url: string;
  locks: Locks;
  channel: (name: string) => Channel;
}

/**
 * The line of a client that shares: finds out whose it is, then joins that person's tabs, and leaves them for as long
 * as the page is frozen. Where a token does not say whose it is, the client gets a connection of its own.
 */
export class SharedLine implements Line {
  readonly #place: Place;
  readonly #host: Host;
  readonly #ways: Ways;
  readonly #drive: Drive;
  readonly #backoff: Backoff;
  #run: object | undefined; // undefined while stopped
  #line: Line | undefined;
  #part: object | undefined; // in which the line may say how it is
  #frozen = false;
  #known = false; // it was in use before
  #cancel = () => {};

  constructor(place: Place, host: Host, ways: Ways, drive: Drive) {
    this.#place = place;
    this.#host = host;
    this.#ways = ways;
    this.#drive = drive;
    this.#backoff = new Backoff(ways.random);
  }

  start(): void {
    if (this.#run) return;
    this.#known = this.#frozen = false;
    this.#join();
  }

  stop(): void {
    this.#leave();
    this.#run = undefined;
    this.#host.state({ status: "closed", transport: null, error: null });
  }

  send(message: ClientMessage): boolean {
    return this.#line?.send(message) ?? false;
  }

  sync(): void {
    this.#line?.sync();
  }

  async renew(): Promise<void> {
    if (this.#line) await this.#line.renew();
    else if (this.#run && !this.#frozen) this.#join();
  }

  online(): void {
    this.#line?.online();
  }

  offline(): void {
    this.#line?.offline();
  }

  wake(): void {
    if (this.#run && this.#frozen) {
      this.#frozen = false;
      this.#join();
    } else this.#line?.wake();
  }

  freeze(): void {
    if (!this.#run) return;
    this.#frozen = true;
    this.#leave();
    this.#waiting(null);
  }

  async #join(): Promise<void> {
    this.#cancel();
    const run = {};
    this.#run = run;
    this.#waiting(null);
    const current = () => this.#run === run && !this.#frozen;
    let token: string;
    try {
      token = await this.#host.token(false);
    } catch (error) {
      if (current()) this.#later({ code: "no_token", message: describe(error), final: false });
      return;
    }
    if (current()) this.#enter(personOf(token));
  }

  #later(error: Failure): void {
    this.#waiting(error);
    this.#cancel = this.#ways.clock.after(this.#backoff.next(), () => this.#join());
  }

  #enter(person: string | undefined): void {
    this.#backoff.reset();
    const part = {};
    this.#part = part;
    const state = (said: State) => {
      if (this.#part === part) this.#state(said);
    };
    const host = { ...this.#host, state };
    this.#line = person === undefined ? this.#drive(host, this.#ways) : this.#tabLine(person, host);
    this.#line.start();
  }

  #tabLine(person: string, host: Host): Line {
    const { url, locks, channel } = this.#place;
    const group = { name: `itcook ${url} ${person}`, person, locks, channel };
    return new TabLine(group, host, this.#ways, this.#drive);
  }

  #leave(): void {
    this.#cancel();
    this.#part = undefined;
    this.#line?.stop();
    this.#line = undefined;
  }

  #state(state: State): void {
    if (state.status === "open") this.#known = true;
    if (state.status === "closed") {
      this.#leave();
      this.#run = undefined;
    }
    const again = state.status === "connecting" && this.#known;
    this.#host.state(again ? { ...state, status: "reconnecting" } : state);
  }

  #waiting(error: Failure | null): void {
    this.#host.state({ status: this.#known ? "reconnecting" : "connecting", transport: null, error });
  }
}
