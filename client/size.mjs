// What a page pays: each entry, bundled, minified and gzipped, React left out. Fails over the limit.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const LIMIT = 6 * 1024; // bytes of the client

for (const entry of ["index", "react/index"]) {
  const { outputFiles } = await build({
    entryPoints: [`dist/${entry}.js`],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    external: ["react", "../index.js"],
    write: false,
  });
  const bytes = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  console.log(`${entry}: ${bytes} bytes gzipped, at most ${LIMIT}`);
  if (bytes > LIMIT) process.exitCode = 1;
}
