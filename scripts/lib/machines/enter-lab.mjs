import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { join } from "node:path";

import { pathWithTools } from "../project.mjs";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs a command in the lab's namespaces and gives its exit code. When it is over, or this process is, however it ends, nothing
 * of it is left: no process, mount, network or control group. With `quiet` the command's output is held back until then.
 */
export async function enterLab(root, command, { env, name = "lab", quiet = false }) {
  const group = `dask-fleet-machines-${process.pid}-${name}`;
  const scripts = join(root, "test", "machines");
  // In a session of its own, so that what ends this process does not end it; it ends after us.
  const clearer = spawn("unshare", ["--mount", join(scripts, "clear.sh"), group], {
    stdio: ["pipe", "ignore", "inherit"],
    detached: true,
  });
  const cleared = once(clearer, "exit");
  const lab = ["--mount", join(scripts, "enter.sh"), group, ...command];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "unshare", ...lab], {
    cwd: root,
    stdio: quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    env: { ...process.env, PATH: pathWithTools(), ...env },
  });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => output.push(chunk));
  // Nothing in there is worth a farewell.
  let told;
  const end = (signal) => {
    told = signal;
    child.kill("SIGKILL");
  };
  for (const signal of SIGNALS) process.on(signal, end);
  try {
    const [code, signal] = await once(child, "close");
    return code ?? 128 + constants.signals[told ?? signal];
  } finally {
    process.stdout.write(Buffer.concat(output));
    clearer.stdin.end();
    await cleared;
    for (const signal of SIGNALS) process.off(signal, end);
  }
}
