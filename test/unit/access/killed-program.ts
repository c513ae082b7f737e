/*
 * A program that is killed when its command runs already, and the watch has not been told which process that is:
 * killed-program.ts FILE COMMAND ARGUMENT… The command writes FILE.
 */
import { existsSync } from "node:fs";

import { CommandWatch } from "../../../src/access/command-watch.ts";
import { runCommand } from "../../../src/access/run-command.ts";

const [file = "", command = "", ...args] = process.argv.slice(2);
CommandWatch.prototype.began = () => {
  while (!existsSync(file)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  process.kill(process.pid, "SIGKILL");
};
await runCommand(command, args, { stdio: "ignore" });
