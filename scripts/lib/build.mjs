import { rmSync } from "node:fs";
import { join } from "node:path";

import { bundle } from "./bundle.mjs";
import { pruneDeclarations } from "./declarations.mjs";
import { withLock } from "./lock.mjs";
import { SetupError, say, secondsSince } from "./project.mjs";
import { run } from "./run.mjs";
import { fingerprint, isStamped, stamp } from "./stamp.mjs";

const SOURCES = [
  "src",
  "providers",
  "templates",
  "tsconfig.json",
  "tsconfig.build.json",
  "package.json",
  "package-lock.json",
  "scripts/lib",
];

/** Makes declarations and JavaScript of the library in a clean dist/; with `ifStale` only if the sources are not those of the last time. */
export async function build(root, { ifStale = false } = {}) {
  await withLock(join(root, ".cache", "build.lock"), async () => {
    const print = fingerprint(root, SOURCES);
    const stampFile = join(root, "dist", ".sources");
    if (ifStale && isStamped(stampFile, print)) return;
    const start = performance.now();
    rmSync(join(root, "dist"), { recursive: true, force: true });
    const { code } = await run("tsc", ["-p", "tsconfig.build.json"], { cwd: root });
    if (code !== 0) throw new SetupError("build: the sources do not compile");
    pruneDeclarations(root);
    await bundle(root);
    stamp(stampFile, print);
    say(`build: dist/ made in ${secondsSince(start)}`);
  });
}
