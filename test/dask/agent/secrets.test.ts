import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { Calls } from "../../../src/access/calls/calls.ts";
import { connectWithAgent, daskWithLoader } from "./agent-dask.ts";
import { Submitter, firstLine } from "./job-dask.ts";

const WORK = fileURLToPath(new URL("../calls/work.py", import.meta.url));
const SECRET = "hunter2-hunter2-hunter2";

/** All files below a folder that others could read: neither they nor a folder above them are private. */
async function readableByOthers(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const mode = await stat(path).then(
      (seen) => seen.mode,
      () => 0,
    );
    if (entry.isDirectory() && (mode & 0o001) !== 0) found.push(...(await readableByOthers(path)));
    if (entry.isFile() && (mode & 0o004) !== 0) found.push(path);
  }
  return found;
}

async function commandLines(): Promise<string> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/u.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")));
  return lines.join("\n");
}

test("Arguments of calls and variables of jobs are in no log, no argument of a process and no file that others can read", async () => {
  await using dask = await daskWithLoader("127.83.24.1");
  await using client = await connectWithAgent(dask);
  await using here = await Submitter.open(client);
  await dask.addWorker("w");
  const calls = new Calls({ link: () => client });
  await calls.upload([WORK], undefined);
  const jobs = [];
  for (const on of ["scheduler", "worker"] as const) {
    const script = "import time; print('up', flush=True); time.sleep(600)";
    const job = await here.python(script, { on, env: { SECRET }, id: on });
    expect(await firstLine(job)).toBe("up");
    jobs.push(job);
  }
  expect(await calls.call("work:echo", [SECRET], {})).toBe(SECRET);
  // Large ones wait on the scheduler's disk; this one fails on the worker, and that one cannot be called.
  const large = `${SECRET}${"x".repeat(2_000_000)}`;
  await expect(calls.call("work:fails_for", [large], { kwargs: { bad: [large] } })).rejects.toThrow("ValueError");
  await expect(calls.call("work:nothing", [SECRET], {})).rejects.toThrow("has no function");
  await expect(calls.call("work:dies", [SECRET], {})).rejects.toThrow("KilledWorker");

  const workers = [...(await client.workerLogs()).values(), ...(await client.workerLogs({ nanny: true })).values()];
  expect(dask.output).toContain("Registered to");
  expect(JSON.stringify([await client.logs(), workers])).not.toContain(SECRET);
  expect(dask.output).not.toContain(SECRET);
  expect(await commandLines()).not.toContain(SECRET);
  for (const path of await readableByOthers(dask.directory)) {
    expect(await readFile(path, "latin1"), path).not.toContain(SECRET);
    // Nor is the code that was uploaded, or a job's.
    expect(path).not.toMatch(/fleet-code|dask-fleet-(?:calls|jobs)/u);
  }
  for (const job of jobs) await job.cancel({ graceMs: 0 });
  await calls.close();
}, 120_000);
