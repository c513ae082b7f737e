import { describe, expect, test } from "vitest";

import { ownState } from "../conformance/world.ts";
import { until } from "../support/until.ts";
import { clouds } from "./clouds/all.ts";
import { noteStart } from "./figures.ts";
import { RealWorld } from "./real-world.ts";

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

/** A worker of which nothing is heard is given up after seconds, not minutes. */
const IMPATIENT = { DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL: "6s" };

ownState();

describe.each(clouds)("$name", (cloud) => {
  test("a cluster of real machines computes, grows, loses two machines, mends itself and leaves nothing", async () => {
    await using real = await RealWorld.open(cloud);
    const { world, lab, python } = real;
    const cluster = real.cluster({ nWorkers: 2, envVars: IMPATIENT });
    const startedAt = Date.now();
    await cluster.start();
    const readyAt = Date.now();
    const names = world.workers.map(({ nodeName }) => nodeName).sort();
    expect((await python.run(cluster, PROGRAM)).split(" ")).toEqual(["328350", ...names]);
    await noteStart(cloud.name, startedAt, readyAt, real.scheduler, real.workers);
    for (const machine of [real.scheduler, ...real.workers]) {
      const status = await machine.sh("cloud-init status --wait --long");
      expect(status).toContain("status: done");
      expect(status).toContain(`\n${cloud.datasource}`);
      expect(await machine.sh("systemctl --failed --no-legend; systemctl is-active dask-node")).toBe("active");
    }

    await cluster.scale(3);
    await real.joined(cluster, 3);
    const [killed, cut] = world.workers;
    if (killed === undefined || cut === undefined) throw new Error("There are not enough workers");
    world.cloud.kill(killed.id);
    await lab.at(cut).cut();
    await real.joined(cluster, 3, [killed, cut]);
    expect((await python.run(cluster, PROGRAM)).split(" ")[0]).toBe("328350");

    await cluster.close();
    await until("all machines to be off", () => lab.machines.every(({ isOff }) => isOff), 10_000);
    expect(await world.end()).toEqual({ violations: [], left: [], files: [] });
  });
});
