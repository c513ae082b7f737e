import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { SimulatedEc2 } from "@dask-fleet/simulated-clouds/ec2";
import { expect, test, vi } from "vitest";

import { EC2Cluster } from "../../../providers/aws/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { patient } from "../../support/patience.ts";

isolatedState();

test("A machine that cannot run Dask fails the start soon, with the start script's output", async () => {
  const directory = await mkdtemp(join(tmpdir(), "dask-fleet-gives-up-"));
  try {
    await using cloud = await new SimulatedEc2({ boot: "process", directory, bootMs: 1000 }).start();
    for (const [name, value] of Object.entries(cloud.environment())) vi.stubEnv(name, value);
    const cluster = new EC2Cluster({
      nWorkers: 1,
      runtime: "native",
      python: "/nowhere/python",
      bootstrap: false,
      autoShutdown: false,
      allowedCidrs: ["127.0.0.1/32"],
      pollIntervalMs: 100,
      listLagMs: 300,
    });
    const began = performance.now();
    await expect(cluster.start()).rejects.toMatchObject({
      code: "START_FAILED",
      message: expect.stringMatching(
        /^(?:The scheduler's machine i-\w+|Worker machine i-\w+: it) gave up: the node could not start .*\nConsole output \(last lines\):\n {2}\| .*there is no \/nowhere\/python on this machine/u,
      ),
    });
    expect(performance.now() - began).toBeLessThan(patient(30_000));
    // The scheduler's, and perhaps the worker's, whose machine gives up alike.
    const looks = cloud.calls.operations().filter((operation) => operation === "GetConsoleOutput");
    expect(looks.length).toBeLessThanOrEqual(2);
    expect(cloud.leftovers(cluster.name)).toEqual([]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
