import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test, vi } from "vitest";

import type { HttpCloud } from "../../packages/simulated-clouds/src/core/http-cloud.ts";
import type { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { isolatedState, machineProcesses } from "../support/local-state.ts";
import { daskPython } from "../support/python.ts";

interface Cloud extends HttpCloud {
  environment(): Readonly<Record<string, string>>;
  leftovers(clusterName: string): readonly unknown[];
}

interface RealDask<SimulatedCloud extends Cloud> {
  /** The provider's section in the names of variables, such as `EC2`. */
  readonly section: string;
  /** A cloud with its machines' disks in that directory. */
  readonly open: (directory: string) => Promise<SimulatedCloud>;
  /** With only the number of workers: everything else is discovered as the cloud's own tools do. */
  readonly twoWorkers: () => ClusterManager;
  /** The workers' node names, as the cloud knows them. */
  readonly workersOf: (cloud: SimulatedCloud) => readonly string[];
}

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
export function testRealDask<SimulatedCloud extends Cloud>({
  section,
  open,
  twoWorkers,
  workersOf,
}: RealDask<SimulatedCloud>): void {
  isolatedState();
  test("real Dask on simulated machines: Client() computes over TLS and leaves nothing", async () => {
    const directory = await mkdtemp(join(tmpdir(), "dask-fleet-real-dask-"));
    try {
      await using cloud = await open(directory);
      // The machines are processes of this computer, which need no Docker.
      const machines = { RUNTIME: "native", PYTHON: daskPython(), BOOTSTRAP: "False", POLL_INTERVAL_MS: "100" };
      // Nobody looks at a dashboard here.
      const options = { SCHEDULER_OPTIONS: "{'dashboard': False}", WORKER_OPTIONS: "{'dashboard': False}" };
      for (const [name, value] of Object.entries(cloud.environment())) vi.stubEnv(name, value);
      for (const [name, value] of Object.entries({ ...machines, ...options }))
        vi.stubEnv(`DASK_CLOUDPROVIDER__${section}__${name}`, value);
      await using cluster = await twoWorkers().start();
      await writeFile(join(directory, "program.py"), PROGRAM);
      const answer = join(directory, "answer.txt");
      expect(await cluster.run(daskPython(), [join(directory, "program.py"), answer])).toBe(0);
      const workers = [...workersOf(cloud)].sort();
      expect((await readFile(answer, "utf8")).trim().split(" ")).toEqual(["328350", ...workers]);
      await cluster.close();
      expect(cloud.leftovers(cluster.name)).toEqual([]);
      expect(cloud.violations).toEqual([]);
      expect(await machineProcesses(directory)).toEqual([]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
}
