import { describe, expect } from "vitest";

import { until } from "../../support/until.ts";
import type { ProviderUnderTest } from "../provider-under-test.ts";
import { twoGroups } from "../two-groups.ts";
import { sentences, type World } from "../world.ts";

function workerIds(world: World): readonly string[] {
  return world.workers.map(({ id }) => id).sort();
}

export function describeScaling(provider: ProviderUnderTest): void {
  describe(`${provider.name}: scaling`, () => {
    const holds = sentences(provider);

    holds("creates and removes only the difference, in the group that was named", async (world) => {
      const cluster = await world.started(twoGroups({ cpu: 2, gpu: 1 }));
      const [cpu, [first]] = [world.idsOf("cpu"), world.idsOf("gpu")];
      await cluster.scale({ gpu: 4 });
      const four = world.idsOf("gpu");
      expect([four.length, four.includes(first ?? ""), world.idsOf("cpu")]).toEqual([4, true, cpu]);
      await cluster.scale({ gpu: 2 });
      const two = world.idsOf("gpu");
      expect([two.length, two.every((id) => four.includes(id)), world.idsOf("cpu")]).toEqual([2, true, cpu]);
      await cluster.scale({ gpu: 0 });
      const left = (await cluster.workers()).map(({ machineId = "" }) => machineId).sort();
      expect([world.idsOf("gpu"), world.idsOf("cpu"), left]).toEqual([[], cpu, cpu]);
      await cluster.scale({ cpu: 1, gpu: 1 });
      expect([world.idsOf("cpu").length, world.idsOf("gpu").length, (await cluster.workers()).length]).toEqual([
        1, 1, 2,
      ]);
      expect(world.peak).toBe(6);
    });

    holds("down retires a worker of the group in Dask before deleting its machine", async (world) => {
      const cluster = await world.started(twoGroups({ cpu: 1, gpu: 3 }));
      const cpu = world.idsOf("cpu");
      const dask = world.dask(cluster);
      const stillWorking: string[] = [];
      let deleted = 0;
      world.cloud.recorder.watch((request) => {
        for (const id of provider.deletionsOf(request)) {
          const nodeName = world.cloud.machines.find((machine) => machine.id === id)?.nodeName ?? "";
          if (dask.workers.has(nodeName)) stillWorking.push(id);
          deleted += 1;
        }
        return undefined;
      });
      await cluster.scale({ gpu: 1 });
      expect([deleted, stillWorking, world.idsOf("cpu")]).toEqual([2, [], cpu]);
    });

    holds("down keeps the machine of a worker that Dask does not retire", async (world) => {
      const cluster = await world.started({ nWorkers: 2 });
      const { unwillingToLose } = world.dask(cluster);
      for (const { nodeName } of world.workers) unwillingToLose.add(nodeName);
      await expect(cluster.scale(1, { timeoutMs: 400 })).rejects.toMatchObject({ code: "TIMEOUT" });
      expect(workerIds(world)).toHaveLength(2);
      unwillingToLose.clear();
      await cluster.scale(1);
      expect(workerIds(world)).toHaveLength(1);
    });

    holds("adapt() follows Dask's adaptive target up and down, within its bounds", async (world) => {
      const cluster = await world.started({ nWorkers: 1 });
      const dask = world.dask(cluster);
      dask.wish = 9;
      await cluster.adapt({ minimum: 1, maximum: 3, intervalMs: 50, waitCount: 2 });
      await world.untilWorkers(3, cluster);
      dask.wish = 2;
      await world.untilWorkers(2, cluster);
      dask.wish = 0;
      await world.untilWorkers(1, cluster);
      await cluster.stopAdapting();
      expect(world.peak).toBe(3);
    });

    holds("adapt() of one group leaves the machines of another as they are", async (world) => {
      const cluster = await world.started(twoGroups({ cpu: 1, gpu: 1 }));
      const dask = world.dask(cluster);
      const gpu = world.idsOf("gpu");
      dask.wish = 9;
      await cluster.adapt({ minimum: 1, maximum: 3, intervalMs: 50, waitCount: 2 }, "cpu");
      await world.untilWorkers(4, cluster);
      dask.wish = 0;
      await world.untilWorkers(2, cluster);
      expect([world.idsOf("cpu").length, world.idsOf("gpu"), world.peak]).toEqual([1, gpu, 4]);
    });

    holds("replaces a lost machine with one of its group and never exceeds the intended size", async (world) => {
      const cluster = await world.started(twoGroups({ cpu: 2, gpu: 1 }));
      const [[victim = ""], [second = ""]] = [world.idsOf("gpu"), world.idsOf("cpu")];
      world.cloud.kill(victim);
      await until(
        "the first to be replaced",
        () => !workerIds(world).includes(victim) && world.idsOf("gpu").length === 1,
      );
      await world.untilWorkers(3, cluster);
      world.cloud.kill(second);
      await until(
        "the second to be replaced",
        () => !workerIds(world).includes(second) && world.idsOf("cpu").length === 2,
      );
      await world.untilWorkers(3, cluster);
      expect([world.peak, world.idsOf("cpu").length, world.idsOf("gpu").length]).toEqual([3, 2, 1]);
      // A stopped machine may still be billed.
      const isThere = ({ id }: { readonly id: string }): boolean => id === victim || id === second;
      await until("the lost ones to be deleted", () => !world.cloud.machines.some(isThere));
      const lost = world
        .events(cluster)
        .flatMap((event) => (event.type === "machine" && event.change === "lost" ? [event.id] : []));
      expect(lost.sort()).toEqual([victim, second].sort());
    });

    holds(
      "keeps a machine that lost one of its several workers, and retires it only after a long time",
      async (world) => {
        const cluster = await world.started({ nWorkers: 2, workerOptions: { nworkers: 2 } });
        const dask = world.dask(cluster);
        const [victim, other] = world.workers;
        dask.leave(`${victim?.nodeName}-1`);
        await until("the trouble to be told", () => world.troubles(cluster).length > 0);
        expect(workerIds(world)).toEqual([victim?.id ?? "", other?.id ?? ""].sort());
        expect([dask.workers.has(`${victim?.nodeName}-0`), dask.retired]).toEqual([true, []]);
        await until("another machine", () => dask.workers.size === 4 && !workerIds(world).includes(victim?.id ?? ""));
        expect([dask.retired, world.peak]).toEqual([[`${victim?.nodeName}-0`], 2]);
        await until("the end of the trouble", () => world.troubles(cluster).length === 2);
        expect(world.troubles(cluster)).toEqual(["workers began", "workers ended"]);
      },
    );

    holds("does not count a worker paused for good: it warns and replaces the machine", async (world) => {
      const cluster = await world.started({ nWorkers: 2 });
      const dask = world.dask(cluster);
      const [victim] = world.workers;
      const { id = "", nodeName = "" } = victim ?? {};
      dask.join(nodeName, { address: "tls://127.64.0.1:40001", ...dask.workers.get(nodeName), status: "paused" });
      await until("the trouble to be told", () => /paused/.test(cluster.describe()));
      expect([workerIds(world).includes(id), cluster.describe()]).toMatchObject([
        true,
        expect.stringContaining("1 of 2 workers joined"),
      ]);
      await until("another machine", () => dask.workers.size === 2 && !workerIds(world).includes(id));
      expect([dask.retired, world.peak]).toEqual([[nodeName], 2]);
    });

    holds(
      "creates no machine twice when a reply is lost and lists lag",
      async (world) => {
        const { operation, nth } = provider.makesWorkers;
        const cluster = world.cluster({ ...twoGroups({ cpu: 2, gpu: 2 }), apiRetries: 1, listLagMs: 2500 });
        world.cloud.cloud.faults.onOperation(operation, "lost-reply", { nth, times: 2 });
        await cluster.start();
        expect([(await cluster.workers()).length, world.peak]).toEqual([4, 4]);
        expect([world.idsOf("cpu").length, world.idsOf("gpu").length]).toEqual([2, 2]);
      },
      { listLagMs: 1_200_000 },
    );

    holds("down deletes a machine again if its accepted deletion failed", async (world) => {
      const cluster = await world.started({ nWorkers: 2 });
      let pretended: readonly string[] = [];
      world.cloud.recorder.watch((request) => {
        const ids = provider.deletionsOf(request);
        if (pretended.length > 0 || ids.length === 0) return undefined;
        pretended = ids;
        return provider.pretendToDelete(request);
      });
      await cluster.scale(1).catch(() => undefined);
      await until(
        "the machine to be gone",
        () => !world.cloud.machines.some(({ id, alive }) => alive && pretended.includes(id)),
      );
      expect([pretended.length, workerIds(world).length, (await cluster.workers()).length]).toEqual([1, 1, 1]);
    });
  });
}
