import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { line, until } from "../../support/until.ts";
import { PeakWatch } from "./machine-processes.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { Told } from "./told.ts";

isolatedState();
const directory = temporaryDirectory();

/** Keeps every worker busy until a file appears. */
const LOAD = `
import sys, time
from pathlib import Path
from distributed import Client

folder = Path(sys.argv[1])

def work(number):
    while not (folder / "enough").exists():
        time.sleep(0.05)
    return number

client = Client()
futures = client.map(work, range(200), pure=False)
(folder / "loaded").write_text("loaded\\n")
assert sum(client.gather(futures)) == sum(range(200))
`;

test("Adapting follows the load up and down within its bounds, until it is stopped", async () => {
  await using cluster = await new LocalCluster({
    ...NO_DASHBOARD,
    workerOptions: { ...NO_DASHBOARD.workerOptions, nthreads: 1 },
  }).start();
  await using watch = new PeakWatch(cluster);
  const told = new Told(cluster);
  await cluster.adapt({ minimum: 0, maximum: 2, intervalMs: 100, waitCount: 2 });
  const load = cluster.run("python", ["-c", LOAD, directory()], { stdio: ["ignore", "ignore", "inherit"] });
  await line(join(directory(), "loaded"));
  await until("two workers under load", async () => (await cluster.workers()).length === 2);
  await writeFile(join(directory(), "enough"), "");
  expect(await load).toBe(0);
  await until("no worker without load", async () => (await cluster.machines()).length === 1);
  expect(watch.peak).toBe(2);

  await cluster.scale(1);
  const after = told.events.length;
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await cluster.workers()).toHaveLength(1);
  expect(told.events.slice(after).filter(({ type }) => type === "target")).toEqual([]);

  await cluster.adapt({ minimum: 2, maximum: 2, intervalMs: 100 });
  await until("the minimum", async () => (await cluster.workers()).length === 2);
  await cluster.stopAdapting();
  await expect(cluster.adapt({ minimum: 3, maximum: 2 })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});
