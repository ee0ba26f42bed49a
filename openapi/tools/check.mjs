// Lints openapi.json with Spectral's rules for OpenAPI, and parses asyncapi.json. Prints what it finds; anything is
// a failure.
import { readFile } from "node:fs/promises";
import { Parser } from "@asyncapi/parser";
import spectralCore from "@stoplight/spectral-core";
import rulesets from "@stoplight/spectral-rulesets";

const { Spectral } = spectralCore;
const ROOT = new URL("../", import.meta.url);
const OFF = {
  "info-contact": "off", // everybody runs this server for themselves
  "license-url": "off", // the license has an SPDX identifier, and may not have both
  "openapi-tags-alphabetical": "off", // they are in the order of the application
};
// The handshake of a WebSocket: when all goes well it is answered with 101.
const HANDSHAKE = "/api/v1/realtime/ws";

const openapi = await read("openapi.json");
const spectral = new Spectral();
spectral.setRuleset({ extends: [[rulesets.oas, "all"]], rules: OFF });
const linted = (await spectral.run(openapi)).filter(
  ({ code, path }) => !(code === "operation-success-response" && path[1] === HANDSHAKE),
);

const { diagnostics } = await new Parser().parse(await read("asyncapi.json"));
// The parser's own advice about optional parts is of severity 2 and 3.
const parsed = diagnostics.filter(({ severity }) => severity < 2);

report("openapi.json", linted);
report("asyncapi.json", parsed);
process.exitCode = linted.length + parsed.length > 0 ? 1 : 0;

function report(name, found) {
  for (const { code, message, path } of found) {
    console.log(`${name} ${path.join("/")}: ${message} (${code})`);
  }
}

async function read(name) {
  return await readFile(new URL(name, ROOT), "utf8");
}
