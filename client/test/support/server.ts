import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ITCOOK = fileURLToPath(new URL("../../../.venv/bin/itcook", import.meta.url));

export interface Server {
  /** The address of its API. */
  api: string;
  stop(): Promise<void>;
}

/** `itcook serve`, as its operator starts it, with a database of its own. */
export async function startServer(settings: Record<string, string> = {}): Promise<Server> {
  const directory = await mkdtemp(join(tmpdir(), "itcook-client-"));
  const running = await start(directory, "0", settings);
  return {
    api: running.api,
    async stop() {
      await end(running.process);
      await rm(directory, { recursive: true });
    },
  };
}

/** A server that can be killed and started again, on the same port and data. */
export async function startRestartable(): Promise<
  Server & { kill(): Promise<void>; restart(): Promise<void> }
> {
  const directory = await mkdtemp(join(tmpdir(), "itcook-client-"));
  let running = await start(directory, "0", {});
  const { port } = new URL(running.api);
  return {
    api: running.api,
    kill: () => end(running.process, "SIGKILL"),
    async restart() {
      running = await start(directory, port, {});
    },
    async stop() {
      await end(running.process);
      await rm(directory, { recursive: true });
    },
  };
}

async function start(directory: string, port: string, settings: Record<string, string>) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("ITCOOK_"));
  const own = {
    BIND: `127.0.0.1:${port}`,
    DATABASE_URL: `sqlite:///${join(directory, "itcook.sqlite3")}`,
    LOG_FORMAT: "json",
    RATE_LIMITS: "off",
    ...settings,
  };
  const named = Object.entries(own).map(([name, value]) => [`ITCOOK_${name}`, value]);
  const server = spawn(ITCOOK, ["serve"], {
    cwd: directory,
    env: Object.fromEntries([...inherited, ...named]),
    stdio: ["ignore", "ignore", "pipe"],
  });
  return { process: server, api: `${await address(server)}/api/v1` };
}

async function address(server: ChildProcess): Promise<string> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`the server ended: ${said.join("\n")}`)));
    // Read to the end: a full pipe would stop the server.
    createInterface({ input: server.stderr as NodeJS.ReadableStream }).on("line", (line) => {
      said.push(line);
      const url = /"url": ?"([^"]+)"/.exec(line)?.[1];
      if (line.includes('"serving"') && url) resolve(url);
    });
  });
}

async function end(server: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill(signal);
  await once(server, "exit");
}
