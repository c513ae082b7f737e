import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { SetupError, say } from "../project.mjs";
import { run } from "../run.mjs";

/** Runs life.mjs, as something has made it, in a folder and with a state of its own. It says at its end what it has lived. */
export async function runProgram({ name, folder, command: [command, ...args], env = {} }, clouds) {
  const state = join(folder, "state");
  mkdirSync(state, { recursive: true });
  const own = { XDG_STATE_HOME: state, DASK_FLEET_CHECK: JSON.stringify({ clouds: await clouds.options() }) };
  const { code, output } = await run(command, args, { cwd: folder, quiet: true, env: { ...own, ...env } });
  const lived = /^clusters: (.*local)$/m.exec(output)?.[1];
  if (code === 0 && lived !== undefined) return lived;
  say(output.trimEnd());
  throw new SetupError(`${name} failed: \`${[command, ...args].join(" ")}\` ended with code ${code}.`);
}
