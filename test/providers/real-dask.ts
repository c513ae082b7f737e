import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { isolatedState } from "../support/local-state.ts";
import { daskPython } from "../support/python.ts";
import { testCommandLine } from "./command-line.ts";
import { testGroups } from "./groups-on-real-dask.ts";
import { type Cloud, onRealDask, type RealDask } from "./on-real-dask.ts";

const PROGRAM = `
import sys
from distributed import Client
with Client(timeout=30) as client:
    assert client.scheduler.address.startswith("tls://"), client.scheduler.address
    client.wait_for_workers(2, timeout=30)
    total = client.submit(sum, client.map(lambda x: x * x, range(100))).result(timeout=30)
    names = client.run(lambda dask_worker: dask_worker.name)
    print(total, *sorted(names.values()), file=open(sys.argv[1], "w"))
`;

/** A cluster of real Dask, on machines that boot what the simulated cloud was sent. */
export function testRealDask<SimulatedCloud extends Cloud>(given: RealDask<SimulatedCloud>): void {
  const { workersOf } = given;
  isolatedState();
  test("real Dask on simulated machines: Client() computes over TLS and leaves nothing", async () => {
    await onRealDask(given, async (cloud, directory) => {
      await using cluster = await given.cluster({ nWorkers: 2 }).start();
      await writeFile(join(directory, "program.py"), PROGRAM);
      const answer = join(directory, "answer.txt");
      expect(await cluster.run(daskPython(), [join(directory, "program.py"), answer])).toBe(0);
      const workers = [...workersOf(cloud)].sort();
      expect((await readFile(answer, "utf8")).trim().split(" ")).toEqual(["328350", ...workers]);
      await cluster.close();
      expect(cloud.leftovers(cluster.name)).toEqual([]);
    });
  });
  testGroups(given);
  testCommandLine(given);
}
