// Compiles the library into dist/: build.mjs [--if-stale]
import { build } from "./lib/build.mjs";
import { ROOT, main } from "./lib/project.mjs";

await main(() => build(ROOT, { ifStale: process.argv.includes("--if-stale") }));
