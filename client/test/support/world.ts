import { type ClientOptions, RealtimeClient, type StreamEvent } from "../../src/index.js";
import type { Happenings } from "../../src/surroundings.js";
import { TestClock } from "./clock.js";

const TIMESTAMP = "2026-11-23T12:00:00.000Z";

/** A WebSocket, seen from the server. */
export class TestSocket {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  closed = false;
  readonly sent: unknown[] = [];

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.closed = true;
  }

  get query(): URLSearchParams {
    return new URL(this.url).searchParams;
  }

  say(event: object): void {
    this.onmessage?.({ data: JSON.stringify({ timestamp: TIMESTAMP, ...event }) });
  }

  connected(more: object = {}): void {
    this.say({ type: "Connected", data: { ...connectedData("websocket"), ...more } });
  }

  post(id: string): void {
    this.say({ id, type: "PostDeleted", channel: "community", data: { post_id: id, author_id: "a" } });
  }

  heartbeat(cursor: string): void {
    this.say({ type: "Heartbeat", data: { timestamp: TIMESTAMP, cursor } });
  }

  disconnecting(code: number, reconnect: boolean, retryAfter = 0): void {
    const data = { code, reason: `ended with ${code}`, reconnect, retry_after_ms: retryAfter };
    this.say({ type: "Disconnecting", data });
  }

  die(code = 1006): void {
    this.onclose?.({ code, reason: "" });
  }
}

/** A streaming HTTP request, seen from the server. */
export class TestRequest {
  readonly #answer: (response: Response) => void;
  readonly #refuse: (error: Error) => void;
  readonly response: Promise<Response>;
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(
    readonly url: string,
    readonly init: RequestInit = {},
  ) {
    let answer: (response: Response) => void = () => {};
    let refuse: (error: Error) => void = () => {};
    this.response = new Promise((resolve, reject) => {
      answer = resolve;
      refuse = reject;
    });
    this.#answer = answer;
    this.#refuse = refuse;
    init.signal?.addEventListener("abort", () => refuse(new Error("aborted")));
  }

  get aborted(): boolean {
    return this.init.signal?.aborted ?? false;
  }

  refuse(status: number, problem: object = {}, headers: Record<string, string> = {}): void {
    this.#answer(new Response(JSON.stringify(problem), { status, headers }));
  }

  json(body: object): void {
    this.#answer(new Response(JSON.stringify(body)));
  }

  die(): void {
    this.#refuse(new Error("network"));
  }

  open(): void {
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#stream = controller;
      },
    });
    this.#answer(new Response(stream));
  }

  say(event: object): void {
    const text = `data: ${JSON.stringify({ timestamp: TIMESTAMP, ...event })}\n\n`;
    this.#stream?.enqueue(new TextEncoder().encode(text));
  }

  connected(): void {
    this.open();
    this.say({ type: "Connected", data: connectedData("sse") });
  }
}

function connectedData(transport: string) {
  return {
    connection_id: "c1",
    user_id: "u1",
    transport,
    channels: ["community", "system"],
    cursor: "e.0",
    resume: "fresh",
    replayed: 0,
    heartbeat_seconds: 10,
    timeout_seconds: 30,
    expires_at: "2026-11-23T12:15:00.000Z",
  };
}

/** A client whose network, clock, page and luck are in the test's hands. */
export class World {
  readonly clock = new TestClock();
  readonly sockets: TestSocket[] = [];
  readonly requests: TestRequest[] = [];
  readonly events: StreamEvent[] = [];
  readonly options: ClientOptions;
  readonly client: RealtimeClient;
  page: Happenings | undefined;
  luck = 0.5;

  constructor(options: Partial<ClientOptions> = {}) {
    const { sockets, requests } = this;
    this.options = {
      url: "https://itcook.example/api/v1",
      token: "t1",
      channels: ["community"],
      storage: null,
      clock: this.clock,
      random: () => this.luck,
      // Taken apart, as pages do.
      surroundings: ({ online, offline, wake, freeze }) => {
        this.page = { online, offline, wake, freeze };
        return () => {
          this.page = undefined;
        };
      },
      WebSocket: class extends TestSocket {
        constructor(url: string, protocols: string[]) {
          super(url, protocols);
          sockets.push(this);
        }
      },
      fetch: (url, init) => {
        const request = new TestRequest(String(url), init);
        requests.push(request);
        return request.response;
      },
      ...options,
    };
    this.client = new RealtimeClient(this.options);
    this.client.on("event", (event) => this.events.push(event));
  }

  /** The socket opened last. */
  get socket(): TestSocket {
    return last(this.sockets);
  }

  /** The request made last. */
  get request(): TestRequest {
    return last(this.requests);
  }

  get ids(): string[] {
    return this.events.flatMap((event) => ("id" in event ? [event.id] : []));
  }

  /** Connect over the WebSocket, as far as `Connected`. */
  async connect(): Promise<TestSocket> {
    this.client.connect();
    await this.clock.pass(0);
    this.socket.connected();
    await this.clock.pass(0);
    return this.socket;
  }
}

function last<Item>(items: Item[]): Item {
  const item = items.at(-1);
  if (item === undefined) throw new Error("there is none");
  return item;
}
