/*
 * A program with `dask-fleet rpc` as its child, as Python has it: in a session of its own. It starts a cluster, and prints the child's
 * process number when the cluster runs. Then it waits to be killed.
 */
import { spawn } from "node:child_process";

import { LOCAL, MAIN } from "./rpc-process.ts";

const child = spawn(process.execPath, [MAIN, "rpc"], { stdio: ["pipe", "pipe", "inherit"], detached: true });
child.stdin.write(`${JSON.stringify({ id: 1, method: "start", params: LOCAL })}\n`);
let text = "";
child.stdout.on("data", (chunk) => {
  text += String(chunk);
  if (text.includes('{"id":1,')) process.stdout.write(`${child.pid}\n`);
});
