import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { runQuietly } from "../run.mjs";

const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/** A single executable application: Node.js itself with a bundle inside (nodejs.org/api/single-executable-applications.html). */
export async function executable({ temporary, tools }, { command }) {
  const folder = join(temporary, "bundles", "executable");
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "sea.json");
  const blob = join(folder, "sea.blob");
  const program = join(folder, "program");
  writeFileSync(config, JSON.stringify({ main: command.at(-1), output: blob, disableExperimentalSEAWarning: true }));
  await runQuietly("Preparing the executable", "node", ["--experimental-sea-config", config]);
  copyFileSync(process.execPath, program);
  chmodSync(program, 0o755);
  const inject = [
    join(tools, "node_modules", ".bin", "postject"),
    program,
    "NODE_SEA_BLOB",
    blob,
    "--sentinel-fuse",
    FUSE,
  ];
  await runQuietly("Making the executable", "node", inject);
  return { name: "single executable", folder, command: [program] };
}
