import { constants } from "node:os";
import { basename } from "node:path";

import { enterLab } from "./enter-lab.mjs";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
/** Machines wait more than they compute, so that more labs than cores are busy. */
const AT_A_TIME = 3;

/**
 * Runs vitest in labs, once for each of `runs`, which are lists of its arguments, and gives the worst exit code. When this
 * process is told to end, so is every lab, and none is begun any more.
 */
export async function testInLabs(root, project, runs, env) {
  const told = new AbortController();
  const end = (signal) => told.abort(signal);
  for (const signal of SIGNALS) process.on(signal, end);
  const waiting = [...runs];
  const codes = [0];
  const lane = async () => {
    for (let args = waiting.shift(); args !== undefined && !told.signal.aborted; args = waiting.shift()) {
      // All machines of a lab share a network, so one file of tests has it after the other.
      const command = ["vitest", "run", "--project", project, "--no-file-parallelism", ...args];
      const name = basename(args[0] ?? project, ".test.ts");
      codes.push(await enterLab(root, command, { env, name, told: told.signal }));
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
  }
  return told.signal.aborted ? 128 + constants.signals[told.signal.reason] : Math.max(...codes);
}
