// What the Node peers share: the inherited socket, the token check, the event, and the trigger.
// As common.py beside this folder: a line on standard input, a number, has so many events published.

import { createInterface } from "node:readline";
import jwt from "jsonwebtoken";

export const CONNECTED = '{"type":"Connected"}';
export const EVENT = JSON.parse(process.env.PEER_EVENT);

export function isKnown(token) {
  try {
    jwt.verify(token, process.env.PEER_SECRET, {
      algorithms: ["HS256"],
      issuer: "itcook",
      audience: "itcook",
    });
    return true;
  } catch {
    return false;
  }
}

/** Serve on the socket that was inherited, and publish as often as each line says. */
export function run(server, publish) {
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      for (let left = Number(line); left > 0; left -= 1) publish();
    })
    .on("close", () => process.exit()); // whoever started us is gone
  server.listen({ fd: Number(process.env.PEER_FD) });
}
