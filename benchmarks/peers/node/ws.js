// ws, with the loop of its documentation's "server broadcast" and its external authentication.

import { createServer } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import { CONNECTED, EVENT, isKnown, run } from "./common.js";

const server = createServer();
const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false });

server.on("upgrade", (request, socket, head) => {
  const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
  if (!isKnown(token)) {
    socket.write("HTTP/1.1 401 Unauthorized\r\n\r\n");
    socket.destroy();
    return;
  }
  wss.handleUpgrade(request, socket, head, (ws) => wss.emit("connection", ws, request));
});

wss.on("connection", (ws) => {
  ws.on("error", console.error);
  ws.send(CONNECTED);
});

run(server, () => {
  const data = JSON.stringify(EVENT);
  for (const client of wss.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(data);
  }
});
