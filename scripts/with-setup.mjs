// Makes sure that what a command needs is installed, then runs it: with-setup.mjs [--python=pinned|any] -- command args…
// Runs on the Node.js that a computer happens to have (20 or newer) and needs no package. The command runs on the project's.
import { parseArgs } from "node:util";

import { ensureNpmPackages } from "./lib/npm-packages.mjs";
import { ROOT, SetupError, main } from "./lib/project.mjs";
import { ensurePython } from "./lib/python.mjs";
import { run } from "./lib/run.mjs";

const USAGE = "usage: node scripts/with-setup.mjs [--python=pinned|any] -- command [args…]";

await main(async () => {
  const { choice, command, args } = parse(process.argv.slice(2));
  await ensureNpmPackages(ROOT);
  const env = choice === undefined ? {} : { DASK_FLEET_PYTHON: await ensurePython(ROOT, choice) };
  const { code } = await run(command, args, { env });
  return code;
});

function parse(argv) {
  const split = argv.indexOf("--");
  const own = split === -1 ? argv : argv.slice(0, split);
  const [command, ...args] = split === -1 ? [] : argv.slice(split + 1);
  const choice = pythonChoice(own);
  if (command === undefined || ![undefined, "pinned", "any"].includes(choice)) throw new SetupError(USAGE);
  return { choice, command, args };
}

function pythonChoice(args) {
  try {
    return parseArgs({ args, options: { python: { type: "string" } } }).values.python;
  } catch (error) {
    throw new SetupError(`${error.message}\n${USAGE}`);
  }
}
