import { describe, expect, test } from "vitest";

import type { ProviderUnderTest } from "../provider-under-test.ts";
import { World, ownState } from "../world.ts";

const ONE = { singleNode: true, workerOptions: { nworkers: 2 } } as const;

/** A cluster whose scheduler's machine runs workers, too. */
export function describeSingleNode(provider: ProviderUnderTest): void {
  ownState();
  describe(`one machine for both roles on ${provider.name}`, () => {
    test("one machine, whose workers no scaling touches and no warning mentions", async () => {
      await using world = await World.open(provider);
      const cluster = await world.started(ONE);
      const { nodeName, id } = world.scheduler();
      const own = [`${nodeName}-0`, `${nodeName}-1`];
      const names = async (): Promise<readonly string[]> =>
        (await cluster.workers()).map(({ name }) => name).toSorted();
      expect(world.alive()).toHaveLength(1);
      expect(await names()).toEqual(own);
      expect((await cluster.workers()).map(({ machineId, group }) => [machineId, group])).toEqual([
        [id, undefined],
        [id, undefined],
      ]);
      await cluster.scale(2);
      expect(await names()).toHaveLength(6);
      await cluster.scale(0);
      expect(await names()).toEqual(own);
      expect(world.warnings(cluster)).toEqual([]);
      await cluster.close();
      expect(await world.end()).toMatchObject({ violations: [], left: [] });
    });

    test("another process knows them, and a plan says them", async () => {
      await using world = await World.open(provider);
      const cluster = await world.started({ ...ONE, nWorkers: 1 });
      const other = await world.statics.attach(cluster.name);
      expect(other.describe()).toContain(
        "1 of 1 workers joined, 1 machine; 2 of 2 workers joined on the scheduler's machine",
      );
      await other.detach();
      const [scheduler, workers] = (await cluster.plan()).machines;
      expect([scheduler?.runsWorkers, workers?.runsWorkers]).toEqual([true, false]);
      expect(cluster.previewStartupScript("scheduler")).toContain("/etc/dask-fleet/worker.env");
      expect(cluster.previewStartupScript("worker")).not.toContain("/etc/dask-fleet/tls-worker");
    });
  });
}
