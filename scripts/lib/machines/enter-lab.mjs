import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { join } from "node:path";

import { pathWithTools } from "../project.mjs";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs a command in the lab's namespaces and gives its exit code. When it is over, or this process is, however it ends, nothing
 * of it is left: no process, mount, network or control group.
 */
export async function enterLab(root, command, env) {
  const group = `dask-fleet-machines-${process.pid}`;
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
    stdio: "inherit",
    env: { ...process.env, PATH: pathWithTools(), ...env },
  });
  // Nothing in there is worth a farewell.
  const end = () => child.kill("SIGKILL");
  for (const signal of SIGNALS) process.on(signal, end);
  try {
    const [code, signal] = await once(child, "exit");
    return code ?? 128 + constants.signals[signal];
  } finally {
    clearer.stdin.end();
    await cleared;
    for (const signal of SIGNALS) process.off(signal, end);
  }
}
