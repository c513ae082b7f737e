import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { withLock } from "../lock.mjs";
import { say, secondsSince } from "../project.mjs";
import { runQuietly } from "../run.mjs";

/** The oldest Node.js that package.json promises to support, installed once into .cache/. */
export async function oldestNode(root, { engines }) {
  const [, major, minor = "0", patch = "0"] = /^>=\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(engines.node);
  const version = [major, minor, patch].join(".");
  const folder = join(root, ".cache", `node-${version}`);
  const node = join(folder, "node_modules", "node", "bin", "node");
  const done = join(folder, ".complete");
  await withLock(`${folder}.lock`, async () => {
    if (existsSync(done)) return;
    say(`check-package: installing Node.js ${version} into .cache/ …`);
    const start = performance.now();
    mkdirSync(folder, { recursive: true });
    const manifest = { private: true, dependencies: { node: version }, allowScripts: { node: true } };
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
    const args = ["install", "--no-audit", "--no-fund", "--no-package-lock"];
    await runQuietly(`Installing Node.js ${version}`, "npm", args, { cwd: folder });
    writeFileSync(done, "");
    say(`check-package: Node.js ${version} installed in ${secondsSince(start)}`);
  });
  return { node, version };
}
