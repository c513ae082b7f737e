import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { ownState } from "../conformance/world.ts";
import { until } from "../support/until.ts";
import { EC2 } from "./clouds/all.ts";
import type { LabMachine } from "./lab/lab-machine.ts";
import { KINDS } from "./programs.ts";
import { RealWorld } from "./real-world.ts";

ownState();

describe("a cluster of two groups of real machines on EC2", () => {
  let real: RealWorld;
  let cluster: ClusterManager;

  /** The only machine of a group. */
  const machineOf = (group: string): LabMachine => {
    const [id, ...others] = real.world.idsOf(group, cluster);
    const view = real.world.workers.find((each) => each.id === id);
    if (view === undefined || others.length > 0) throw new Error(`The group ${group} has not one machine`);
    return real.lab.at(view);
  };
  const nameOf = (group: string): string => {
    const [id] = real.world.idsOf(group, cluster);
    return real.world.workers.find((each) => each.id === id)?.nodeName ?? "";
  };

  beforeAll(async () => {
    real = await RealWorld.open(EC2);
    cluster = real.cluster({
      envVars: { DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL: "6s" },
      extraBootstrap: ["echo cluster >/var/lib/kind"],
      workers: {
        cpu: { count: 1 },
        gpu: {
          count: 1,
          resources: { GPU: 1 },
          workerOptions: { nthreads: 2 },
          envVars: { KIND: "gpu" },
          extraBootstrap: ["echo gpu >/var/lib/kind"],
        },
      },
    });
    await cluster.start();
  }, 120_000);
  afterAll(async () => {
    await real[Symbol.asyncDispose]();
  }, 60_000);

  test("each machine has its group's options", async () => {
    const kinds = await Promise.all(
      [real.scheduler, machineOf("cpu"), machineOf("gpu")].map((machine) => machine.sh("cat /var/lib/kind")),
    );
    expect(kinds).toEqual(["cluster", "cluster", "gpu"]);
  });

  test("a task runs where its resource is, with the threads and the variables of that group", async () => {
    expect(JSON.parse(await real.python.run(cluster, KINDS))).toEqual({
      gpu: nameOf("gpu"),
      threads: { [nameOf("cpu")]: expect.any(Number), [nameOf("gpu")]: 2 },
      variables: { [nameOf("cpu")]: null, [nameOf("gpu")]: "gpu" },
    });
  });

  test("a dead machine is replaced by one of its group, and a group scales to 0 alone", async () => {
    const cpu = nameOf("cpu");
    const killed = real.world.workers.find(({ nodeName }) => nodeName === nameOf("gpu"));
    if (killed === undefined) throw new Error("The group gpu has no machine");
    real.world.cloud.kill(killed.id);
    await real.joined(cluster, 2, [killed]);
    expect(await machineOf("gpu").sh("cat /var/lib/kind")).toBe("gpu");
    await cluster.scale({ gpu: 0 });
    await real.joined(cluster, 1);
    expect((await cluster.workers()).map(({ name, group }) => [name, group])).toEqual([[cpu, "cpu"]]);
  });

  test("leaves nothing after close()", async () => {
    await cluster.close();
    await until("all machines to be off", () => real.lab.machines.every(({ isOff }) => isOff), 10_000);
    expect(await real.world.end()).toEqual({ violations: [], left: [], files: [] });
  });
});
