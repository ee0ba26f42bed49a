// Socket.IO over WebSocket alone, tuned as its pages on performance and memory say.

import { createServer } from "node:http";
import { Server } from "socket.io";
import { EVENT, isKnown, run } from "./common.js";

const server = createServer();
const io = new Server(server, {
  transports: ["websocket"],
  perMessageDeflate: false,
  pingInterval: 3_600_000, // none while it is measured
  serveClient: false,
});

io.engine.on("connection", (rawSocket) => {
  rawSocket.request = null; // "can be discarded to save memory"
});
io.use((socket, next) => {
  if (isKnown(socket.handshake.auth.token)) next();
  else next(new Error("who are you?"));
});
io.on("connection", (socket) => socket.emit("event", { type: "Connected" }));

run(server, () => io.emit("event", EVENT));
