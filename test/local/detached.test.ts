import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import type { ClusterStatus } from "../../src/index.ts";
import { isolatedState, machineProcesses } from "../support/local-state.ts";
import { patient } from "../support/patience.ts";
import { processRuns } from "../support/process-runs.ts";
import { until } from "../support/until.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

const { root } = isolatedState();

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Going {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly err: () => string;
}

/** `dask-fleet …` in a process of its own. It has ended only when nobody holds its output any more. */
function begin(...args: readonly string[]): Going {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (text) => (out += String(text)));
  child.stderr.on("data", (text) => (err += String(text)));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, out, err }));
  return { child, ended, err: () => err };
}

async function daskFleet(...args: readonly string[]): Promise<Ended> {
  return await begin(...args).ended;
}

async function statusOf(name: string): Promise<ClusterStatus> {
  const { code, out, err } = await daskFleet("status", name, "--json");
  expect([code, err]).toEqual([0, expect.anything()]);
  return JSON.parse(out) as ClusterStatus;
}

async function launcherOf(name: string): Promise<number> {
  const { launcher } = await statusOf(name);
  if (launcher === undefined) throw new Error("no launcher");
  return launcher.pid;
}

const LOCAL = ["local", "--scheduler-options.dashboard=false", "--worker-options.dashboard=false"];
const START = ["start", ...LOCAL, "--detach"];

test(
  "start --detach returns, and the launcher in the background adapts and scales as others wish, until `down`",
  async () => {
    const { code, out, err } = await daskFleet(...START, "--name=lab", "--n-workers=1");
    expect([code, out]).toEqual([0, expect.stringMatching(/^tls:\/\/127\.[\d.]+:\d+\n$/)]);
    expect(err).toContain("looks after lab in the background");
    const pid = await launcherOf("lab");
    const log = join(root(), "lab", "launcher.log");
    expect(await readFile(log, "utf8")).toContain("lab: running");

    expect(await daskFleet("adapt", "lab", "0..2")).toMatchObject({
      code: 0,
      out: expect.stringContaining(String(pid)),
    });
    await until("no work to need no workers", async () => (await statusOf("lab")).groups[0]?.target === 0);
    expect(await daskFleet("scale", "lab", "2")).toMatchObject({ code: 0 });
    const { groups, workers, launcher } = await statusOf("lab");
    expect([groups, workers?.length, launcher?.pid]).toEqual([
      [{ name: "default", target: 2, minimum: 0, machines: 2, joined: 2, booting: 0, resources: {} }],
      2,
      pid,
    ]);

    expect(await daskFleet("down", "lab")).toMatchObject({ code: 0 });
    await until("the launcher to end", () => !processRuns(pid));
  },
  patient(120_000),
);

test(
  "A failed start --detach passes the failure on and leaves nothing",
  async () => {
    const { code, out, err } = await daskFleet(...START, "--name=lab", "--python=/nowhere/no-python");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("no-python");
    expect(await readdir(root())).toEqual([]);
  },
  patient(60_000),
);

test(
  "Impossible options of start --detach fail before anything is started",
  async () => {
    expect(await daskFleet(...START, "--n-workers=-1")).toMatchObject({ code: 1, out: "" });
    expect(await readdir(root()).catch(() => [])).toEqual([]);
  },
  patient(60_000),
);

test.each(["SIGINT", "SIGKILL"] as const)(
  "%s at the waiting command rolls the start back",
  async (signal) => {
    const going = begin(...START, "--name=lab", "--n-workers=1");
    await until("a machine", async () => (await machineProcesses(root())).length > 0);
    going.child.kill(signal);
    const { code } = await going.ended;
    expect(code).toBe(signal === "SIGINT" ? 130 : null);
    await until("nothing to be left", async () => (await readdir(root())).length === 0);
  },
  patient(120_000),
);

test(
  "A launcher that is killed takes its machines along; the list says so, and `up` starts anew",
  async () => {
    const up = ["up", ...LOCAL, "--name=lab", "--n-workers=1"];
    expect(await daskFleet(...up)).toMatchObject({ code: 0 });
    const pid = await launcherOf("lab");
    process.kill(pid, "SIGKILL");
    await until("the machines to end", async () => (await machineProcesses(root())).length === 0);
    expect(await daskFleet("list", "local", "--json")).toMatchObject({ out: expect.stringContaining('"left-over"') });
    expect((await statusOf("lab")).waits).toEqual(["Its machines ended with their launcher."]);
    expect(await daskFleet(...up)).toMatchObject({ code: 0 });
    expect(await launcherOf("lab")).not.toBe(pid);
    expect(await daskFleet("down", "lab")).toMatchObject({ code: 0 });
  },
  patient(180_000),
);

test(
  "`up` with a file makes a cluster once, runs the program, scales at the second time, and refuses what cannot change",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "dask-fleet-up-"));
    await chmod(folder, 0o700);
    const file = join(folder, "cluster.yaml");
    const sum = "from distributed import Client; print(Client().submit(sum, [1, 2]).result())";
    await writeFile(join(folder, "sum.py"), sum);
    await writeFile(file, "provider: local\nname: lab\nworkers: 1\nrun: python sum.py\n");
    expect(await daskFleet("up", file)).toMatchObject({ code: 0, out: "3\n" });
    const pid = await launcherOf("lab");
    expect(await daskFleet("up", "--file", file, "--set", "workers=2")).toMatchObject({
      code: 0,
      out: "3\n",
      err: expect.stringContaining("1 → 2 workers"),
    });
    const { groups, launcher } = await statusOf("lab");
    expect([groups[0]?.joined, launcher?.pid]).toEqual([2, pid]);
    const refused = await daskFleet("up", file, "--set", "workers=2", "--set", "lost-worker-timeout=77s");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("lost-worker-timeout") });
    expect((await statusOf("lab")).groups[0]?.joined).toBe(2);
    expect(await daskFleet("down", "lab")).toMatchObject({ code: 0 });
    await rm(folder, { recursive: true });
  },
  patient(240_000),
);

test(
  "watch leaves the cluster to its launcher at Ctrl-C",
  async () => {
    expect(await daskFleet(...START, "--name=lab")).toMatchObject({ code: 0 });
    const pid = await launcherOf("lab");
    const watching = begin("watch", "lab");
    await until("it to watch", () => watching.err().includes("looks after it"));
    watching.child.kill("SIGINT");
    expect(await watching.ended).toMatchObject({ code: 0, err: expect.stringContaining("lab stays.") });
    expect(await launcherOf("lab")).toBe(pid);
    expect(await daskFleet("down", "lab")).toMatchObject({ code: 0 });
  },
  patient(120_000),
);
