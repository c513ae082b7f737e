import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { until } from "../../support/until.ts";
import { run } from "../lab/run.ts";

const ROOT = new URL("../../../", import.meta.url);
/** One machine that boots Dask, and then a slow test. */
const ONE_MACHINE = ["test/machines/machine.test.ts", "-t", "a node stopped by hand"];

/** The processes in control groups whose path contains `name`. */
async function processesIn(name: string): Promise<readonly string[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/u.test(entry));
  const groups = await Promise.all(
    pids.map(async (pid) => await readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => "")),
  );
  const inside = pids.filter((_, index) => groups[index]?.includes(name));
  return await Promise.all(
    inside.map(async (pid) => (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ")),
  );
}

/** The control groups below the root, which is mounted only for this read. */
async function controlGroups(): Promise<string> {
  return await run("unshare", ["--mount", "sh", "-c", "mount -t cgroup2 cgroup2 /sys/fs/cgroup && ls /sys/fs/cgroup"]);
}

/** The state of this computer that a lab could change. */
async function surroundings(): Promise<readonly string[]> {
  const links = await run("ip", ["-oneline", "link"]);
  return [await readFile("/proc/self/mounts", "utf8"), links.replace(/ state \S+/gu, ""), await run("ip", ["route"])];
}

test.for(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
  "tests on real machines ended by %s leave no process, mount, network, control group or file",
  async (signal) => {
    const before = await surroundings();
    const temporary = await mkdtemp(join(tmpdir(), "outside-"));
    // It must not outlive these tests if they are killed.
    const command = ["--pdeathsig", "KILL", process.execPath, "scripts/test-machines.mjs", ...ONE_MACHINE];
    const runner = spawn("setpriv", command, {
      cwd: ROOT,
      env: { ...process.env, TMPDIR: temporary },
      stdio: "ignore",
    });
    try {
      const group = `dask-fleet-machines-${runner.pid}-`;
      const booted = async (): Promise<boolean> =>
        (await processesIn(group)).some((command) => command.startsWith("/lib/systemd/systemd-journald"));
      await until("a machine to boot", booted, 60_000);
      expect(await controlGroups()).toContain(group);
      const exited = once(runner, "exit");
      runner.kill(signal);
      const killed = signal === "SIGKILL";
      expect(await exited).toEqual(killed ? [null, signal] : [128 + constants.signals[signal], null]);
      await until("everything to end", async () => (await processesIn(group)).length === 0, 10_000);
      await until("the control group to go", async () => !(await controlGroups()).includes(group), 10_000);
      expect(await surroundings()).toEqual(before);
      expect(await readdir(temporary)).toEqual([]);
    } finally {
      runner.kill("SIGKILL");
      await rm(temporary, { recursive: true, force: true });
    }
  },
);
