import type { Host, Ways } from "../driver.js";
import type { ClientMessage } from "../events.js";
import type { Drive, Line } from "../line.js";
import type { State } from "../options.js";
import { type Channel, Hold, type Locks } from "./browser.js";
import { Leader } from "./leader.js";
import { Member } from "./member.js";
import type { Message, Order, Wants, Word } from "./messages.js";
import { TokenRound } from "./token-round.js";

const QUIET = 15_000; // milliseconds without a word of the leader, whose server says something every 10 s
const ANSWER = 5_000; // and up to as much again at random, before a leader that says nothing is replaced

// Of one login, or one attempt at it, and not of what all tabs do: another tab may do better.
const OWN_FAILURES = new Set<string | number>([4401, 4403]);

const nothing = () => {};

/** What one group of tabs has in common. */
export interface Group {
  /** The API and the person. */
  name: string;
  person: string;
  locks: Locks;
  channel: (name: string) => Channel;
}

/**
 * One tab among those of a person. One of them leads, which is the one that holds the lock; the others follow it, and
 * wait for the lock. Each tab also holds a lock of its own: whoever gets that knows that the tab is gone.
 */
export class TabLine implements Line {
  readonly #id = crypto.randomUUID();
  readonly #group: Group;
  readonly #host: Host;
  readonly #ways: Ways;
  readonly #drive: Drive;
  readonly #channel: Channel;
  readonly #tabs = new Map<string, Wants>();
  readonly #watches = new Map<string, Hold>();
  readonly #member: Member;
  readonly #round: TokenRound;
  #presence: Hold | undefined;
  #candidacy: Hold | undefined;
  #leader: Leader | undefined;
  #heard: number;
  #cancel = () => {};
  #over = false;

  constructor(group: Group, host: Host, ways: Ways, drive: Drive) {
    this.#group = group;
    this.#host = host;
    this.#ways = ways;
    this.#drive = drive;
    this.#heard = ways.clock.now();
    const hello = () => this.sync();
    const token = (refresh: boolean) => this.#round.token(refresh);
    this.#member = new Member({ id: this.#id, host, ways, token, hello });
    this.#round = new TokenRound(group.person, this.#id, host, ways.clock, this.#tabs, (word) =>
      this.#post(word),
    );
    this.#channel = group.channel(group.name);
    this.#channel.onmessage = ({ data }) => this.#hear(data as Message);
  }

  start(): void {
    this.#presence = new Hold(this.#group.locks, this.#lockOf(this.#id), {}, () => this.#join(), nothing);
  }

  stop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#post({ kind: "bye", from: this.#id });
    this.#cancel();
    this.#stepDown();
    this.#candidacy?.release();
    this.#member.close();
    this.#round.close();
    this.#channel.close();
    this.#presence?.release();
  }

  send(message: ClientMessage): boolean {
    if (this.#leader) return this.#leader.line.send(message);
    if (this.#over || this.#member.state.status !== "open") return false;
    this.#post({ kind: "say", from: this.#id, message });
    return true;
  }

  /** Say what this tab wants. */
  sync(): void {
    if (!this.#candidacy) return; // `#join` says it
    const { channels } = this.#host;
    this.#post({ kind: "hello", from: this.#id, names: channels.names, refresh: this.#host.canRefresh() });
  }

  async renew(): Promise<void> {
    const token = await this.#host.token(false);
    this.#post({ kind: "renew", from: this.#id, token });
  }

  online(): void {
    this.#leader?.line.online();
    this.wake();
  }

  offline(): void {
    this.#leader?.line.offline();
  }

  wake(): void {
    this.#post({ kind: "wake", from: this.#id });
  }

  /** The page is about to do nothing, maybe for ever: another tab should lead. */
  freeze(): void {
    this.stop();
  }

  /** The lock that says that this tab is there is held. */
  #join(): void {
    this.#stand(false);
    this.sync();
    this.#watch(QUIET);
  }

  #post(message: Message): void {
    if (this.#over && message.kind !== "bye") return;
    this.#channel.postMessage(message);
    this.#hear(message);
  }

  #hear(message: Message): void {
    if (this.#over) return;
    if ("term" in message) this.#obey(message);
    else this.#listen(message);
  }

  #obey(order: Order): void {
    if (!this.#leader && !this.#member.hear(order)) return;
    if (this.#leader) {
      if (order.term > this.#member.term) return this.#deposed(order);
      if (order.term === this.#member.term) this.#member.hear(order);
      return;
    }
    this.#heard = this.#ways.clock.now();
    if (order.kind === "welcome" && order.to === this.#id) this.#meet(order.tabs);
    if (order.kind === "state" && order.state.status === "closed") this.#leave(this.#member.state);
  }

  #listen(word: Word): void {
    switch (word.kind) {
      case "hello":
        this.#tabs.set(word.from, { names: word.names, refresh: word.refresh });
        this.#look(word.from);
        return this.#leader?.welcome(word.from);
      case "bye":
        return this.#forget(word.from);
      case "say":
        return void (word.from !== this.#id && this.#leader?.line.send(word.message));
      case "renew":
        if (this.#leader && this.#round.given(word.token)) void this.#leader.line.renew().catch(() => {});
        return;
      case "wake":
        this.#leader?.line.wake();
        return this.#leader?.here();
      default:
        return this.#round.hear(word);
    }
  }

  #meet(tabs: [string, Wants][]): void {
    for (const [id, wants] of tabs) if (!this.#tabs.has(id)) this.#tabs.set(id, wants);
  }

  /** Wait for the lock, or take it from one who does not answer. */
  #stand(steal: boolean): void {
    this.#candidacy?.release();
    const { locks, name } = this.#group;
    const candidacy: Hold = new Hold(
      locks,
      `${name} leader`,
      { steal },
      () => this.#lead(),
      () => this.#candidacy === candidacy && this.#deposed(),
    );
    this.#candidacy = candidacy;
  }

  #lead(): void {
    const mark = this.#member.mark;
    // Above every term that this tab knows of, and those before its time; the fraction makes no two the same.
    const term = Math.max(this.#ways.clock.now(), Math.floor(this.#member.term) + 1) + Math.random();
    this.#host.debug("lead the tabs");
    this.#member.lead(term);
    const seat = {
      id: this.#id,
      host: this.#host,
      tabs: this.#tabs,
      token: (refresh: boolean) => this.#round.token(refresh),
      post: (order: Order) => this.#post(order),
      ended: (state: State) => this.#ended(state),
    };
    this.#leader = new Leader(term, mark, seat, this.#drive, this.#ways);
    for (const id of this.#tabs.keys()) this.#look(id);
    this.sync();
  }

  /** Notice when the tab is gone. */
  #look(id: string): void {
    if (!this.#leader || id === this.#id || this.#watches.has(id)) return;
    const gone = () => this.#forget(id);
    this.#watches.set(id, new Hold(this.#group.locks, this.#lockOf(id), {}, gone, nothing));
  }

  #forget(id: string): void {
    this.#tabs.delete(id);
    this.#watches.get(id)?.release();
    this.#watches.delete(id);
    this.#leader?.line.sync();
  }

  #stepDown(): void {
    for (const watch of this.#watches.values()) watch.release();
    this.#watches.clear();
    this.#leader?.close();
    this.#leader = undefined;
  }

  /** Another tab took the lead, for this one did not answer. */
  #deposed(order?: Order): void {
    this.#host.debug("another tab leads");
    this.#stepDown();
    this.#stand(false);
    if (order) this.#obey(order);
  }

  /** The connection is over for good, for all tabs or for this one. */
  #ended(state: State): void {
    const { code } = state.error ?? { code: "" };
    const own = typeof code === "string" || OWN_FAILURES.has(code);
    if (!own) this.#post({ kind: "state", term: this.#member.term, state, fresh: true });
    this.#leave(state);
  }

  #leave(state: State): void {
    this.stop();
    this.#host.state(state);
  }

  /** Replace a leader that is mute: it answers as long as it lives, however slow its timers are. */
  #watch(ms: number): void {
    const { clock, random } = this.#ways;
    this.#cancel = clock.after(ms, () => {
      const silence = clock.now() - this.#heard;
      if (this.#leader || silence < QUIET) return this.#watch(QUIET - (this.#leader ? 0 : silence));
      this.wake();
      const asked = this.#heard;
      this.#cancel = clock.after(ANSWER * (1 + random()), () => {
        if (!this.#leader && this.#heard === asked) {
          this.#host.debug("the leader is mute");
          this.#heard = clock.now();
          this.#stand(true);
        }
        this.#watch(QUIET);
      });
    });
  }

  #lockOf(id: string): string {
    return `${this.#group.name} tab ${id}`;
  }
}
