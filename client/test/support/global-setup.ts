import type { TestProject } from "vitest/node";
import { startServer } from "./server.js";

declare module "vitest" {
  export interface ProvidedContext {
    api: string;
  }
}

/** One real server for all integration tests, on a port that the system chose. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer();
  project.provide("api", server.api);
  return () => server.stop();
}
