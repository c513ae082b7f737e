import { join } from "node:path";

import { SetupError } from "../project.mjs";
import { run, runQuietly } from "../run.mjs";

const OLD_NODE =
  "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})";

/** What the command says, installed as `npm install --global` does it, where a user must mend something. Each is one sentence. */
export async function tryGlobally(folder, tarball) {
  const args = ["install", "--global", "--prefix", folder, "--no-audit", "--no-fund", tarball];
  await runQuietly("Installing the package globally", "npm", args);
  const command = join(folder, "bin", "dask-fleet");
  const env = { AWS_ACCESS_KEY_ID: "none", AWS_SECRET_ACCESS_KEY: "none" };
  await demand(command, env, /^dask-fleet: EC2Cluster needs .*: npm install --global "@aws-sdk\/client-ec2@\S+" .*\n$/);
  await demand(
    command,
    { ...env, NODE_OPTIONS: `--import "${OLD_NODE}"` },
    /^dask-fleet needs Node\.js .* or newer; this is v20\.20\.2\.\n$/,
  );
}

async function demand(command, env, expected) {
  const { code, output } = await run(command, ["list", "ec2", "--region", "us-east-1"], { quiet: true, env });
  if (code !== 1 || !expected.test(output)) {
    throw new SetupError(`Expected dask-fleet to end with 1 and say ${expected}; it ended with ${code}:\n${output}`);
  }
}
