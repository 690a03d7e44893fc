// Bundles src/ into dist/: minified, named by content, and compressed as far as it goes. Called by scripts/assets.sh.
import { build } from "esbuild";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

rmSync("dist", { recursive: true, force: true });
await build({
  entryPoints: ["src/page.js", "src/page.css"],
  outdir: "dist",
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022", "chrome115", "firefox115", "safari16.4"],
  minify: true,
  legalComments: "none",
  logLevel: "warning",
});
for (const name of readdirSync("dist")) {
  const bytes = readFileSync(`dist/${name}`);
  const size = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length, [constants.BROTLI_PARAM_QUALITY]: 11 };
  writeFileSync(`dist/${name}.br`, brotliCompressSync(bytes, { params: size }));
  writeFileSync(`dist/${name}.gz`, gzipSync(bytes, { level: 9 }));
}
