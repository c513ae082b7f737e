import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { join } from "node:path";

import { SetupError, pathWithTools } from "../project.mjs";

/**
 * Runs a command in a lab's namespaces, its output held back until it is over, and gives its exit code. When it is over, or this
 * process is, however it ends, nothing of it is left: no process, mount, network or control group.
 *
 * @param name a lab's own, among those of this process
 * @param told aborted, with a signal's name as the reason, when it has to end
 */
export async function enterLab(root, command, { env, name, told }) {
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
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PATH: pathWithTools(), ...env },
  });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(chunk));
  // Nothing in there is worth a farewell.
  const end = () => child.kill("SIGKILL");
  told.addEventListener("abort", end);
  let code;
  try {
    const [status, signal] = await once(child, "close");
    code = status ?? 128 + constants.signals[told.aborted ? told.reason : signal];
  } finally {
    told.removeEventListener("abort", end);
    process.stdout.write(Buffer.concat(output));
    clearer.stdin.end();
    await cleared;
  }
  if (clearer.exitCode !== 0) throw new SetupError(`Something of the lab ${name} is left.`);
  return code;
}
