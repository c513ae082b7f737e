import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { ownState } from "../conformance/world.ts";
import { until } from "../support/until.ts";
import { HOSTILE } from "../unit/bootstrap/bash.ts";
import type { RealCloud } from "./clouds/all.ts";
import { noteStart } from "./figures.ts";
import type { LabMachine } from "./lab/lab-machine.ts";
import { COMPUTE, JOB, LOOK, WHO } from "./programs.ts";
import { RealWorld } from "./real-world.ts";
import { expectTold } from "./told.ts";

const hostile = Object.fromEntries(HOSTILE.map((value, i) => [`HOSTILE_${i}`, value]));
/** Dask drops a silent worker after seconds, not minutes. */
const IMPATIENT = { DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL: "6s" };

/** The life of one cluster: provider, SDK, simulated cloud, real machines, and a Python client outside. */
export function testRealCluster(cloud: RealCloud): void {
  ownState();
  describe(`a cluster of real machines on ${cloud.name}`, () => {
    let real: RealWorld;
    let cluster: ClusterManager;
    const machines = (): readonly LabMachine[] => [real.scheduler, ...real.workers];

    beforeAll(async () => {
      real = await RealWorld.open(cloud);
      cluster = real.cluster({
        nWorkers: 2,
        envVars: { ...IMPATIENT, ...hostile },
        extraBootstrap: ["id -u >/var/lib/extra-bootstrap"],
      });
      const startedAt = Date.now();
      await cluster.start();
      const readyAt = Date.now();
      await noteStart(cloud.name, startedAt, readyAt, real.scheduler, real.workers);
    }, 120_000);
    afterAll(async () => {
      await real[Symbol.asyncDispose]();
    }, 60_000);

    test("computes for an outside Python client over mutual TLS, with workers named after their machines", async () => {
      const names = real.world.workers.map(({ nodeName }) => nodeName).sort();
      expect((await real.python.run(cluster, COMPUTE)).split(" ")).toEqual(["328350", ...names]);
    });

    test("boots from the cloud's own datasource without a cloud-init error", async () => {
      for (const machine of machines()) {
        const status = await machine.sh("cloud-init status --wait --long");
        expect(status).toContain("status: done");
        expect(status).toContain(`\n${cloud.datasource}`);
        expect(await machine.sh("systemctl --failed --no-legend; systemctl is-active dask-node")).toBe("active");
      }
    });

    test("keeps each machine's user data readable by root alone, without a key; each machine made its own", async () => {
      const keys = await Promise.all(machines().map((machine) => expectTold(machine, cloud.prepares)));
      expect(new Set(keys).size).toBe(3);
      const extra = await Promise.all(machines().map((machine) => machine.sh("cat /var/lib/extra-bootstrap")));
      expect(extra).toEqual(["0", "0", "0"]);
    });

    describe("Attack by a task", () => {
      test("it is not root: it reads its own key and nothing else of the machine", async () => {
        const dask = {
          user: "dask",
          home: "/var/lib/dask-fleet",
          writes: true,
          "reads its own key": true,
          "reads what root was told": false,
          "writes /etc": false,
          "signals root": false,
        };
        expect(JSON.parse(await real.python.run(cluster, WHO))).toEqual([dask, dask, dask]);
      });
    });

    test("gives Dask the user's exact variables", async () => {
      expect(JSON.parse(await real.python.run(cluster, LOOK))).toEqual([hostile, hostile, hostile]);
    });

    test("runs jobs beside the scheduler and beside a worker, without a Python outside", async () => {
      const folder = await mkdtemp(join(tmpdir(), "dask-fleet-job-"));
      await writeFile(join(folder, "job.py"), JOB);
      for (const [on, host] of [
        ["scheduler", real.scheduler],
        ["worker", undefined],
      ] as const) {
        const job = await cluster.submit("job.py", { cwd: folder, on, env: { ...hostile, ASKED: "7" } });
        const lines: string[] = [];
        for await (const line of job.logs()) lines.push(line);
        expect(lines).toEqual(["328350 dask"]);
        expect(await job.done).toEqual({ exitCode: 7, result: hostile, isCancelled: false });
        if (host !== undefined)
          expect(await host.sh("ls -d /var/lib/dask-fleet/dask-fleet-jobs_*/job-*/work; true")).toBe("");
      }
      await rm(folder, { recursive: true });
    });

    test("replaces one dead machine and one unreachable machine, and scales down", async () => {
      const [killed, cut] = real.world.workers;
      if (killed === undefined || cut === undefined) throw new Error("There are not enough workers");
      real.world.cloud.kill(killed.id);
      await real.lab.at(cut).cut();
      await real.joined(cluster, 2, [killed, cut]);
      expect((await real.python.run(cluster, COMPUTE)).split(" ")[0]).toBe("328350");
      await cluster.scale(1);
      await real.joined(cluster, 1);
      const names = real.world.workers.map(({ nodeName }) => nodeName);
      expect((await real.python.run(cluster, COMPUTE)).split(" ")).toEqual(["328350", ...names]);
    });

    test("leaves nothing after close()", async () => {
      await cluster.close();
      await until("all machines to be off", () => real.lab.machines.every(({ isOff }) => isOff), 10_000);
      expect(await real.world.end()).toEqual({ violations: [], left: [], files: [] });
    });
  });
}
