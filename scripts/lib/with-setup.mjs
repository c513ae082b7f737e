import { parseArgs } from "node:util";

import { ensureNpmPackages } from "./npm-packages.mjs";
import { ROOT, SetupError } from "./project.mjs";
import { ensurePython } from "./python.mjs";
import { run } from "./run.mjs";

const USAGE = "usage: node scripts/with-setup.mjs [--python=pinned|any] -- command [args…]";

/** Makes sure that what a command needs is installed, then runs it; its result is the exit code. */
export async function withSetup(argv) {
  const { choice, command, args } = parse(argv);
  await ensureNpmPackages(ROOT);
  const env = choice === undefined ? {} : { DASK_FLEET_PYTHON: await ensurePython(ROOT, choice) };
  const { code } = await run(command, args, { env });
  return code;
}

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
