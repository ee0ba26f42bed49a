import { once } from "node:events";
import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";

export interface Proxy {
  /** The address of the API behind it. */
  api: string;
  stop(): Promise<void>;
}

/** A proxy that passes WebSockets on, or not, and answers at once, or not before they are whole (`buffers`). */
export async function startProxy(
  api: string,
  { upgrades = true, buffers = false }: { upgrades?: boolean; buffers?: boolean },
): Promise<Proxy> {
  const { hostname, port } = new URL(api);
  const server = createServer((incoming, answer) => {
    const { method, url, headers } = incoming;
    const outgoing = request({ hostname, port, method, path: url, headers }, (response) => {
      const pass = () => answer.writeHead(response.statusCode ?? 502, response.headers);
      if (!buffers) {
        pass();
        response.pipe(answer);
        return;
      }
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => pass().end(Buffer.concat(chunks)));
    });
    outgoing.on("error", () => answer.destroy());
    answer.on("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  server.on("upgrade", (incoming, socket, head) => {
    if (!upgrades) return socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    const behind = connect(Number(port), hostname, () => {
      const lines = incoming.rawHeaders.map((value, index) => value + (index % 2 ? "\r\n" : ": "));
      behind.write(`GET ${incoming.url} HTTP/1.1\r\n${lines.join("")}\r\n`);
      behind.write(head);
      behind.pipe(socket).pipe(behind);
    });
    behind.on("error", () => socket.destroy());
    socket.on("error", () => behind.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    api: api.replace(port, String((server.address() as AddressInfo).port)),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
