import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { dedupe: ["react", "react-dom"] },
  build: {
    target: "es2022",
    // The policy of the page allows no `data:` scripts or styles, and the browsers it is for preload by themselves.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": { target: "http://127.0.0.1:3000", ws: true } } },
  test: { include: ["test/*.test.{ts,tsx}"], maxWorkers: 2, minWorkers: 1 },
});
