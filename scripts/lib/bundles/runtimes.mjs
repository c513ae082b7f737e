import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { SetupError } from "../project.mjs";
import { runQuietly } from "../run.mjs";
import { runProgram } from "./program.mjs";

/** Other ways to run the same program, and a test in Jest. */
export const RUNTIMES = [
  { name: "yarn-pnp", run: yarnPnp },
  {
    name: "bun",
    run: (places, clouds) => runProgram(withProgram(places, "bun", ["run"], join(places.tools, "all.mjs")), clouds),
  },
  {
    name: "deno",
    run: (places, clouds) => runProgram(withProgram(places, "deno", DENO, join(places.plain, "few.mjs")), clouds),
  },
  { name: "jest", run: jest },
];

/** Without the big SDKs, which work but keep a process of Deno's alive for two minutes after its last line. */
const DENO = ["run", "--allow-all", "--no-lock", "--node-modules-dir=manual"];

/** They ask nobody for a newer version of themselves. */
const QUIET = { DENO_NO_UPDATE_CHECK: "1", DENO_NO_PROMPT: "1" };

/** npm brings these as packages of a platform; where it has none for this one, the check has failed to show what it is for. */
function withProgram({ temporary, tools }, name, args, file) {
  const program = join(tools, "node_modules", ".bin", name);
  if (!existsSync(program))
    throw new SetupError(`npm has installed no ${name} for ${process.platform} on ${process.arch}`);
  const folder = join(temporary, name);
  mkdirSync(folder);
  return { name, folder, command: [program, ...args, file], env: QUIET };
}

/** No node_modules: packages stay in zip files, and may import what they declare and nothing else. */
async function yarnPnp({ pnp, yarn }, clouds) {
  if (existsSync(join(pnp, "node_modules"))) throw new SetupError("yarn has made a node_modules");
  const command = [...yarn.command, "node", "main.mjs"];
  await runProgram({ name: "yarn-pnp", folder: pnp, command, env: yarn.env }, clouds);
}

async function jest({ tools, plain, temporary }) {
  const config = join(plain, "jest.config.json");
  const options = {
    rootDir: plain,
    testMatch: ["<rootDir>/jest.mjs"],
    moduleFileExtensions: ["mjs", "js"],
    transform: {},
  };
  writeFileSync(
    config,
    JSON.stringify({ ...options, testEnvironment: join(tools, "node_modules", "jest-environment-node") }),
  );
  const program = join(tools, "node_modules", "jest", "bin", "jest.js");
  const env = { XDG_STATE_HOME: join(temporary, "jest-state") };
  await runQuietly("jest", "node", ["--experimental-vm-modules", program, "--config", config], { cwd: plain, env });
}
