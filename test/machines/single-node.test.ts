import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { ownState } from "../conformance/world.ts";
import { until } from "../support/until.ts";
import { DIGITALOCEAN, GCE } from "./clouds/all.ts";
import { COMPUTE } from "./programs.ts";
import { RealWorld } from "./real-world.ts";
import { expectNoKeyIn } from "./told.ts";

const KEYS = `
for file in $(grep -rlI 'PRIVATE KEY' /etc/dask-fleet /run/dask-fleet /var/lib/dask-fleet 2>/dev/null); do
  stat --format '%a %U:%G %n' "$file"
done | sort -k 3`;

/** A droplet's default route has another source address than its private network. */
describe.each([GCE, DIGITALOCEAN])("a cluster on one real machine on $name", (cloud) => {
  ownState();
  let real: RealWorld;
  let cluster: ClusterManager;
  let names: readonly string[];

  beforeAll(async () => {
    real = await RealWorld.open(cloud);
    cluster = real.cluster({ singleNode: true, workerOptions: { nworkers: 2, nthreads: 1 } });
    await cluster.start();
    const { nodeName } = real.world.scheduler();
    names = [`${nodeName}-0`, `${nodeName}-1`];
  }, 120_000);
  afterAll(async () => {
    await real[Symbol.asyncDispose]();
  }, 60_000);

  async function unit(property: string): Promise<string> {
    return await real.scheduler.sh(`systemctl show dask-worker --property=${property} --value`);
  }

  async function kill(node: "dask-node" | "dask-worker"): Promise<void> {
    await real.scheduler.sh(`systemctl kill --kill-whom=main --signal=KILL ${node}`);
  }

  async function addresses(): Promise<readonly string[]> {
    return (await cluster.workers()).map(({ address }) => address);
  }

  test("runs scheduler and workers as two units of one machine, booted once", async () => {
    expect(real.lab.machines).toHaveLength(1);
    expect(await real.scheduler.sh("systemctl is-active dask-node dask-worker; systemctl --failed --no-legend")).toBe(
      "active\nactive",
    );
    expect((await real.python.run(cluster, COMPUTE)).split(" ")).toEqual(["328350", ...names]);
  });

  test("its workers are reached at the machine's private address, and leave memory to the scheduler", async () => {
    const total = Number(await real.scheduler.sh("sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo")) * 1024;
    const share = Math.floor((total - Math.min(total / 8, 2 * 2 ** 30)) / 2);
    for (const { address, memoryLimit } of await cluster.workers()) {
      expect(address).toContain(`tls://${real.world.scheduler().privateAddress}:`);
      expect(Math.abs(memoryLimit - share)).toBeLessThan(4096);
    }
  });

  test("keeps the keys that it made for both roles apart, for root and for Dask's user, and its tokens no longer", async () => {
    expectNoKeyIn(real.scheduler);
    expect(await real.scheduler.sh("find /etc/dask-fleet /run/dask-fleet -name token")).toBe("");
    expect((await real.scheduler.sh(KEYS)).split("\n")).toEqual([
      "600 root:root /etc/dask-fleet/tls-worker/key.pem",
      "600 root:root /etc/dask-fleet/tls/key.pem",
      "400 dask:root /run/dask-fleet/tls/key.pem",
      "400 dask:root /run/dask-fleet/worker/tls/key.pem",
    ]);
    const keys = await real.scheduler.sh(
      "cat /etc/dask-fleet/tls/key.pem /etc/dask-fleet/tls-worker/key.pem | sort -u",
    );
    expect(keys.split("\n").length).toBeGreaterThan(3);
  });

  test("a second machine's workers and its own exchange data, and scaling down leaves its own", async () => {
    await cluster.scale(1);
    const computed = (await real.python.run(cluster, COMPUTE)).split(" ");
    expect(computed).toHaveLength(5);
    await cluster.scale(0);
    await real.joined(cluster, 2);
    expect((await real.python.run(cluster, COMPUTE)).split(" ")).toEqual(["328350", ...names]);
  });

  test("its workers come back after their unit was killed, and after the scheduler's was", async () => {
    for (const node of ["dask-worker", "dask-node"] as const) {
      const before = await addresses();
      await kill(node);
      await until(
        "new workers",
        async () => {
          const now = await addresses().catch(() => before);
          return now.length === 2 && now.every((each) => !before.includes(each));
        },
        60_000,
      );
    }
    expect((await real.python.run(cluster, COMPUTE)).split(" ")).toEqual(["328350", ...names]);
  });

  test("when systemd gives its workers up, console and cluster say so, and the scheduler goes on", async () => {
    for (let failures = Number(await unit("NRestarts")); failures < 4; failures += 1) {
      await until("the workers' unit to run", async () => (await unit("MainPID")) !== "0", 30_000);
      await kill("dask-worker");
      await until(
        "it to be noticed",
        async () => Number(await unit("NRestarts")) > failures || (await unit("ActiveState")) === "failed",
        30_000,
      );
    }
    const words = `dask-fleet: this machine's workers in ${cluster.name} are over: the node failed again`;
    await until("the console to say so", async () => (await real.scheduler.console()).includes(words), 30_000);
    await until(
      "the cluster to say so",
      () => cluster.describe().includes("Of the 2 workers on the scheduler's machine"),
      60_000,
      () => cluster.describe(),
    );
    expect(await real.scheduler.sh("systemctl is-active dask-node")).toBe("active");
    expect(cluster.state).toBe("running");
  });

  test("leaves nothing after close()", async () => {
    await cluster.close();
    await until("the machine to be off", () => real.lab.machines.every(({ isOff }) => isOff), 10_000);
    expect(await real.world.end()).toEqual({ violations: [], left: [], files: [] });
  });
});
