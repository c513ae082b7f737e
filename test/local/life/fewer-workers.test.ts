import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { patient } from "../../support/patience.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { Told } from "./told.ts";

isolatedState();
const directory = temporaryDirectory();

/** Only the first worker process joins; the others sleep. Dask may load it twice in one process. */
const ONE_ONLY = (folder: string): string => `
import os, time
from pathlib import Path

first = Path(${JSON.stringify(join(folder, "first"))})
try:
    os.mkdir(first)
    os.environ["FIRST"] = "yes"
except FileExistsError:
    if "FIRST" not in os.environ:
        time.sleep(600)
`;

test("With minWorkers a cluster starts with fewer workers than nWorkers, and reports it", async () => {
  const preload = join(directory(), "one_only.py");
  await writeFile(preload, ONE_ONLY(directory()));
  const { schedulerOptions } = NO_DASHBOARD;
  const workerOptions = { ...NO_DASHBOARD.workerOptions, preload, nanny: false };
  const cluster = new LocalCluster({
    nWorkers: 2,
    minWorkers: 1,
    schedulerOptions,
    workerOptions,
    startTimeoutMs: patient(16_000),
  });
  const told = new Told(cluster);
  await using _ = await cluster.start();
  expect(await cluster.workers()).toHaveLength(1);
  expect(told.warnings).toEqual([
    expect.stringMatching(/^Only 1 of 2 workers have joined \(minWorkers is 1\): 1 of 2 workers joined/),
  ]);
  const script = "from distributed import Client; assert Client().submit(sum, [1, 2, 3]).result() == 6";
  expect(await cluster.run("python", ["-c", script], { stdio: "ignore" })).toBe(0);
});
