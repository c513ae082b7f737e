import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpus, loadavg } from "node:os";
import { createInterface } from "node:readline";

import { findDaskPython } from "./python.ts";

/** The duration of a scheduler start on a quiet computer with two processors. */
const QUIET_MS = 700;
/** A slower computer should run the tests later. */
const MOST = 10;
/** Dask starts an HTTP server even without a dashboard: on all addresses at port 8787 by default. */
const PLACE = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--dashboard-address", "127.0.0.1:0"];
const SCHEDULER = ["-m", "distributed.cli.dask_scheduler", ...PLACE];

/** One start may hit a quiet moment: processor pressure of the last minute counts too. */
function crowd(): number {
  const [lastMinute = 0] = loadavg();
  return lastMinute / cpus().length / 2;
}

/** Starts a real scheduler and compares its duration. Without Python there are no real processes to wait for: 1. */
export async function measurePatience(): Promise<number> {
  const python = findDaskPython();
  if (python === undefined) return 1;
  const began = performance.now();
  const child = spawn(python, SCHEDULER, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "close");
  const killer = setTimeout(() => child.kill("SIGKILL"), QUIET_MS * MOST);
  try {
    for await (const line of createInterface(child.stderr)) {
      if (line.includes("Scheduler at")) break;
    }
    return Math.min(MOST, Math.max(1, (performance.now() - began) / QUIET_MS, crowd()));
  } finally {
    clearTimeout(killer);
    child.kill("SIGKILL");
    await ended;
  }
}
