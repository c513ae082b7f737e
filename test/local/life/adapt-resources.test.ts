import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { line, until } from "../../support/until.ts";
import { PeakWatch } from "./machine-processes.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { Told } from "./told.ts";

isolatedState();
const directory = temporaryDirectory();

/** Fifty tasks for a GPU, and one that any worker can run. */
const MIXED = `
import sys, time
from pathlib import Path
from distributed import Client

folder = Path(sys.argv[1])
client = Client()
gpu = client.map(lambda number: number, range(50), resources={"GPU": 1})
assert client.submit(lambda: 7).result() == 7
(folder / "plain").write_text("done\\n")
while not (folder / "enough").exists():
    time.sleep(0.05)
`;

const GPU_ONLY = `
from distributed import Client
client = Client()
assert sum(client.gather(client.map(lambda number: number, range(50), resources={"GPU": 1}))) == sum(range(50))
`;

test("Adapting creates no machines for tasks that need an unavailable resource, and reports it once", async () => {
  await using cluster = await new LocalCluster({ workerOptions: { nthreads: 1 } }).start();
  await using watch = new PeakWatch(cluster);
  const told = new Told(cluster);
  await cluster.adapt({ maximum: 4, intervalMs: 100, waitCount: 2 });
  const work = cluster.run("python", ["-c", MIXED, directory()], { stdio: ["ignore", "ignore", "inherit"] });
  await line(join(directory(), "plain"));
  await until("no worker although tasks wait", async () => (await cluster.machines()).length === 1);
  await writeFile(join(directory(), "enough"), "");
  expect(await work).toBe(0);
  expect(watch.peak).toBe(1);
  expect(told.warnings).toEqual([expect.stringContaining("50 tasks (lambda): each needs GPU=1")]);
});

test("Adapting creates machines for tasks that need a resource its workers offer, including the first one", async () => {
  await using cluster = await new LocalCluster({ workerOptions: { nthreads: 1, resources: { GPU: 1 } } }).start();
  const told = new Told(cluster);
  await cluster.adapt({ maximum: 2, intervalMs: 100, targetDurationMs: 500 });
  expect(await cluster.run("python", ["-c", GPU_ONLY], { stdio: ["ignore", "ignore", "inherit"] })).toBe(0);
  expect(told.warnings).toEqual([]);
});
