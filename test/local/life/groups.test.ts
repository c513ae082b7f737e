import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { patient } from "../../support/patience.ts";
import { daskPython } from "../../support/python.ts";
import { until } from "../../support/until.ts";
import { leaderOf } from "./machine-processes.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { Told } from "./told.ts";

isolatedState();
const directory = temporaryDirectory();

/** Runs a task with each annotation, and writes where each ran. */
const EACH = `
import json, os, sys
from distributed import Client, get_worker

def where():
    worker = get_worker()
    return {"name": worker.name, "kind": os.environ.get("KIND"), "of": type(worker).__name__}

client = Client()
asked = {"cpu": {"CPU": 1}, "gpu": {"GPU": 1}, "big": {"MEMORY": 1e9}}
tasks = {group: client.submit(where, resources=each, pure=False) for group, each in asked.items()}
with open(sys.argv[1], "w") as file:
    json.dump(client.gather(tasks), file)
`;

const TRACKED = "from distributed import Worker\n\nclass Tracked(Worker):\n    pass\n";

type Groups = Readonly<Record<string, readonly string[]>>;

/** The machines with a worker, by group. */
async function machinesIn(cluster: LocalCluster): Promise<Groups> {
  const workers = await cluster.workers();
  const byGroup = Map.groupBy(workers, ({ group = "" }) => group);
  return Object.fromEntries([...byGroup].map(([group, all]) => [group, all.map(({ machineId = "" }) => machineId)]));
}

describe("A cluster of three groups on this computer", () => {
  test("runs annotated tasks on the right machines, scales a group alone, and replaces machines within it", async () => {
    await writeFile(join(directory(), "tracked.py"), TRACKED);
    const cluster = new LocalCluster({
      ...NO_DASHBOARD,
      envVars: { KIND: "any" },
      lostWorkerTimeoutMs: 1000,
      workers: {
        cpu: { count: 1, resources: { CPU: 1 } },
        gpu: {
          count: 1,
          resources: { GPU: 1 },
          envVars: { KIND: "gpu", PYTHONPATH: directory() },
          workerClass: "tracked.Tracked",
        },
        big: { count: 1, workerOptions: { nthreads: 3, memoryLimit: "1GB", resources: { MEMORY: 1e9 } } },
      },
    });
    await using _ = await cluster.start();
    const first = await machinesIn(cluster);
    expect(first).toMatchObject({ cpu: { length: 1 }, gpu: { length: 1 }, big: { length: 1 } });
    const big = (await cluster.workers()).find(({ group }) => group === "big");
    expect(big).toMatchObject({ nthreads: 3, memoryLimit: 1e9 });

    const file = join(directory(), "where.json");
    expect(await cluster.run("python", ["-c", EACH, file], { stdio: ["ignore", "ignore", "inherit"] })).toBe(0);
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({
      cpu: { name: first["cpu"]?.[0], kind: "any", of: "Worker" },
      gpu: { name: first["gpu"]?.[0], kind: "gpu", of: "Tracked" },
      big: { name: first["big"]?.[0], kind: "any", of: "Worker" },
    });

    await cluster.scale({ gpu: 2 });
    const scaled = await machinesIn(cluster);
    expect(scaled).toMatchObject({ cpu: first["cpu"], gpu: { length: 2 }, big: first["big"] });

    const [victim = ""] = scaled["gpu"] ?? [];
    process.kill(-(await leaderOf(cluster, victim)), "SIGKILL");
    let now: Groups = {};
    await until("its replacement", async () => {
      now = await machinesIn(cluster);
      return now["gpu"]?.length === 2 && !now["gpu"].includes(victim);
    });
    expect(now).toMatchObject({ cpu: first["cpu"], big: first["big"] });
  });

  const broken = { count: 1, workerModule: "no_such_module" };

  test("starts without a group that cannot start, if its quorum allows that", async () => {
    const cluster = new LocalCluster({
      ...NO_DASHBOARD,
      workers: { cpu: { count: 1 }, gpu: { ...broken, minWorkers: 0 } },
    });
    const told = new Told(cluster);
    await using _ = await cluster.start();
    expect(await machinesIn(cluster)).toMatchObject({ cpu: { length: 1 } });
    expect(told.warnings).toContainEqual(
      expect.stringMatching(
        /^Only 0 of 1 gpu workers have joined \(its quorum is 0\): cpu: 1 of 1 workers joined[^]*No module named no_such_module/,
      ),
    );
  });

  test("fails to start below a group's quorum, with the words of that group's console", async () => {
    const cluster = new LocalCluster({ ...NO_DASHBOARD, workers: { cpu: { count: 1 }, gpu: broken } });
    await expect(cluster.start()).rejects.toMatchObject({
      code: "START_FAILED",
      message: expect.stringContaining("No module named no_such_module"),
    });
    expect(cluster.state).toBe("failed");
  });

  test("shows the console of the group that is waited for when time is up", async () => {
    const preload = join(directory(), "sleeps.py");
    await writeFile(preload, "import sys, time\nprint('asleep in', sys.argv[0], flush=True)\ntime.sleep(600)\n");
    const slow = { count: 1, workerOptions: { preload } };
    const cluster = new LocalCluster({
      ...NO_DASHBOARD,
      startTimeoutMs: patient(8000),
      workers: { cpu: { ...slow, minWorkers: 0 }, gpu: slow },
    });
    const told = new Told(cluster);
    const error: unknown = await cluster.start().catch((each: unknown) => each);
    const created = told.events.flatMap((event) =>
      event.type === "machine" && event.change === "created" && event.group === "gpu" ? [event.id] : [],
    );
    expect(error).toMatchObject({
      code: "TIMEOUT",
      message: expect.stringMatching(new RegExp(`waiting for ${created[0]}[^]*asleep in`)),
    });
  });
});

describe("A group with a Python of its own", () => {
  /** A Python that says which it is, and has another msgpack, as far as it tells. */
  async function otherPython(): Promise<string> {
    const site = join(directory(), "site");
    await mkdir(site);
    const patch =
      "import importlib.metadata as m\nreal = m.version\nm.version = lambda n: '0.1' if n == 'msgpack' else real(n)\n";
    await writeFile(join(site, "sitecustomize.py"), patch);
    const python = join(directory(), "python");
    const script = `#!/bin/bash\nexport KIND=own PYTHONPATH=${site}\nexec ${daskPython()} "$@"\n`;
    await writeFile(python, script, { mode: 0o755 });
    return python;
  }

  test("runs its workers with it, and is warned of where its versions differ", async () => {
    const python = await otherPython();
    const cluster = new LocalCluster({
      ...NO_DASHBOARD,
      workers: {
        cpu: { count: 1, resources: { CPU: 1 } },
        gpu: { count: 1, python, resources: { GPU: 1 } },
        big: { count: 1, resources: { MEMORY: 1e9 } },
      },
    });
    expect((await cluster.plan()).place).toContainEqual({ name: "Python of gpu", value: python });
    const told = new Told(cluster);
    await using _ = await cluster.start();
    expect(told.warnings).toEqual([
      expect.stringMatching(
        /^The scheduler and the workers of the group gpu run different versions: msgpack [\d.]+ and 0\.1\.$/u,
      ),
    ]);
    const file = join(directory(), "where.json");
    expect(await cluster.run("python", ["-c", EACH, file], { stdio: ["ignore", "ignore", "inherit"] })).toBe(0);
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({
      cpu: { kind: null },
      gpu: { kind: "own" },
      big: { kind: null },
    });
    // Another process beside this one creates such machines, too.
    const beside = await LocalCluster.attach(cluster.name);
    await beside.scale({ gpu: 0 });
    await beside.scale({ gpu: 1 });
    expect(await cluster.run("python", ["-c", EACH, file], { stdio: ["ignore", "ignore", "inherit"] })).toBe(0);
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ gpu: { kind: "own" } });
    await beside.detach();
  });

  test("is refused where it cannot run Dask, by the name of its option", async () => {
    const cluster = new LocalCluster({ workers: { cpu: { count: 1 }, gpu: { python: "/no/python" } } });
    await expect(cluster.start()).rejects.toMatchObject({
      code: "PYTHON_UNSUITABLE",
      message: expect.stringContaining("The Python of the `workers.gpu.python` option cannot run Dask"),
    });
  });
});
