// What a page pays: each entry, bundled, minified and gzipped, without React and what other entries bring, or what is
// loaded when it is used. Fails over its limit.
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const LIMITS = { index: 6000, "tabs/index": 5000, "transport-poll": 1500, "react/index": 3000 }; // bytes

const entries = Object.keys(LIMITS).map((entry) => resolve("dist", `${entry}.js`));

/** Leaves to other entries what they are. */
function others(entry) {
  return {
    name: "others",
    setup({ onResolve }) {
      onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        const file = resolve(resolveDir, path);
        const external = file !== entry && entries.includes(file);
        return { path: file, external: external || (kind === "dynamic-import" && file !== entry) };
      });
    },
  };
}

for (const [index, [name, limit]] of Object.entries(LIMITS).entries()) {
  const { outputFiles } = await build({
    entryPoints: [entries[index]],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    external: ["react"],
    plugins: [others(entries[index])],
    write: false,
  });
  const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  console.log(`${name}: ${bytes} bytes gzipped, at most ${limit}`);
  if (bytes > limit) process.exitCode = 1;
}
