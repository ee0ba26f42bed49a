import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/*.test.{ts,tsx}"] } },
      {
        test: {
          name: "integration",
          include: ["test/integration/*.test.{ts,tsx}"],
          globalSetup: ["test/support/global-setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
    maxWorkers: 2,
    minWorkers: 1,
  },
});
