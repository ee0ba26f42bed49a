// Print the stream of one person, one JSON event a line, and resume by itself when it is cut.
//
//     node sse_tail.mjs http://127.0.0.1:3000/api/v1/realtime/sse ACCESS_TOKEN
//
// `follow` uses nothing but fetch and works the same in a browser. EventSource cannot send a token.

/** Yield the events of the stream until the server says not to come back. */
export async function* follow(url, token) {
  let cursor = null;
  for (;;) {
    let wait = 500 + Math.random() * 1500; // spread, so that clients cut together do not return together
    try {
      for await (const { id, event } of connect(url, token, cursor)) {
        cursor = id ?? cursor;
        yield event;
        if (event.type === "Disconnecting") {
          if (!event.data.reconnect) return;
          wait = event.data.retry_after_ms;
        }
      }
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** The server answered, and it was a 4xx: trying again would not help. */
export class Refused extends Error {}

async function* connect(url, token, cursor) {
  const headers = { Authorization: `Bearer ${token}` };
  if (cursor) headers["Last-Event-ID"] = cursor;
  const response = await fetch(url, { headers });
  if (response.status >= 400 && response.status < 500) {
    throw new Refused((await response.json()).detail);
  }
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  yield* parse(response.body);
}

/** Blocks end at an empty line; this server writes one `data:` line a block and ends lines with LF. */
async function* parse(body) {
  const decoder = new TextDecoder();
  let rest = "";
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const lines = block.split("\n");
      const field = (name) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field("data");
      if (data) yield { id: field("id"), event: JSON.parse(data) };
    }
  }
}

if (globalThis.process?.argv[1]?.endsWith("sse_tail.mjs")) {
  const [url, token] = process.argv.slice(2);
  for await (const event of follow(url, token)) console.log(JSON.stringify(event));
}
