import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect } from "vitest";

import { Deadline } from "../../src/deadline.ts";
import { poll } from "../../src/wait.ts";
import { patient } from "./patience.ts";
import { daskPython } from "./python.ts";

/**
 * Gives each test of a file its own state directory and the pinned Python, and fails a test that leaves a process or a file
 * behind. Returns the state's location.
 */
export function isolatedState(): { readonly root: () => string } {
  let base = "";
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), "dask-fleet-test-"));
    process.env["XDG_STATE_HOME"] = base;
    process.env["DASK_FLEET_PYTHON"] = daskPython();
  });
  afterEach(async () => {
    try {
      await expectNothingLeft(base);
    } finally {
      delete process.env["XDG_STATE_HOME"];
      await rm(base, { recursive: true, force: true });
    }
  });
  return { root: () => join(base, "dask-fleet") };
}

/** Asserts that no machine's process and no file remains in that state directory. */
export async function expectNothingLeft(base: string): Promise<void> {
  const processes = await poll(async () => ((await machineProcesses(base)).length === 0 ? [] : undefined), {
    what: "the machines' processes to be gone",
    deadline: new Deadline(patient(5000)),
    intervalMs: 50,
  }).catch(() => machineProcesses(base));
  // How long starts took is remembered for the next one.
  const files = (await readdir(join(base, "dask-fleet")).catch(() => [])).filter((name) => name !== "start-times.json");
  expect({ processes, files }).toEqual({ processes: [], files: [] });
}

/** The processes of machines whose disks are in a directory, as `pid command line`. */
export async function machineProcesses(base: string): Promise<readonly string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      const root = environment.split("\0").find((entry) => entry.startsWith("DASK_FLEET_ROOT="));
      if (root === undefined || !root.includes(base)) return undefined;
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return `${pid} ${command.replaceAll("\0", " ").trim()}`;
    }),
  );
  return found.filter((each) => each !== undefined);
}
