import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpus, loadavg } from "node:os";
import { createInterface } from "node:readline";

import { findDaskPython } from "./python.ts";

/** What the start of a scheduler takes on a quiet computer with two processors. */
const QUIET_MS = 700;
/** A run that would need more is better done later. */
const MOST = 10;
/** Also without a dashboard Dask starts an HTTP server: on all addresses at 8787, if nobody says where. */
const PLACE = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--dashboard-address", "127.0.0.1:0"];
const SCHEDULER = ["-m", "distributed.cli.dask_scheduler", ...PLACE];

/** One start may fall into a lull: what has waited for processors during the last minute counts, too. */
function crowd(): number {
  const [lastMinute = 0] = loadavg();
  return lastMinute / cpus().length / 2;
}

/** Starts a real scheduler and compares. Without a Python there are no real processes to wait for: 1. */
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
