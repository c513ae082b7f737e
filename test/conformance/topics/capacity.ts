import { describe, expect } from "vitest";

import { groupIn } from "../../../src/provider/tags.ts";
import { patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import type { ProviderUnderTest } from "../provider-under-test.ts";
import { twoGroups } from "../two-groups.ts";
import { type Holds, sentences } from "../world.ts";

/** For starts that can only end by their deadline. */
const IN_VAIN = { startTimeoutMs: patient(6000) };

export function describeCapacity(provider: ProviderUnderTest): void {
  describe(`${provider.name}: capacity`, () => {
    const holds = sentences(provider);
    const lacksMachines = lackOf(provider);

    holds(
      "too little for the workers fails the start at its deadline with the cloud's reason and leaves nothing",
      async (world) => {
        const cluster = world.cluster({ ...twoGroups({ cpu: 2, gpu: 1 }), ...IN_VAIN });
        await expect(cluster.start()).rejects.toMatchObject(lacksMachines);
        expect([cluster.state, world.leftovers(cluster), world.peak <= 3]).toEqual(["failed", [], true]);
      },
      { room: 2 },
    );

    holds(
      "none for the scheduler fails the start at once",
      async (world) => {
        const cluster = world.cluster({ nWorkers: 1 });
        await expect(cluster.start()).rejects.toMatchObject(lacksMachines);
        expect(world.leftovers(cluster)).toEqual([]);
      },
      { room: 0 },
    );

    holds(
      "below nWorkers but above minWorkers starts a smaller cluster, warns, and scales up later",
      async (world) => {
        const cluster = await world.started({ nWorkers: 3, minWorkers: 1 });
        expect([world.workers.length, (await cluster.workers()).length]).toEqual([2, 2]);
        expect(world.warnings(cluster)).toContainEqual(
          expect.stringMatching(/^Only 2 of 3 workers have joined \(minWorkers is 1\)/),
        );
        world.cloud.setRoom(10);
        await cluster.scale(3);
        expect([world.workers.length, (await cluster.workers()).length, world.peak]).toEqual([3, 3, 3]);
      },
      { room: 3 },
    );

    holds(
      "a transient shortage only delays the start",
      async (world) => {
        const cluster = world.cluster({ nWorkers: 2 });
        const started = cluster.start();
        started.catch(() => undefined);
        await until(
          "the first refusal",
          () => world.mutations.filter((operation) => provider.makesMachines(operation)).length >= 2,
        );
        world.cloud.setRoom(10);
        await started;
        expect([world.workers.length, world.peak]).toEqual([2, 2]);
      },
      { room: 1 },
    );

    holds("none for one group stops neither the start of another nor its growth", async (world) => {
      const [none, enough] = [{ minWorkers: 0, count: 1 }, { count: 1 }];
      const cluster = world.cluster({ workers: { cpu: enough, gpu: none } });
      let lacks = true;
      world.cloud.recorder.watch((request) =>
        lacks && provider.creationsOf(request).some(({ tags }) => groupIn(tags) === "gpu")
          ? provider.refusal(409)
          : undefined,
      );
      await cluster.start();
      expect([world.idsOf("cpu").length, world.idsOf("gpu")]).toEqual([1, []]);
      expect(world.warnings(cluster)).toContainEqual(expect.stringMatching(/gpu/));
      await cluster.scale({ cpu: 2 });
      expect([world.idsOf("cpu").length, world.idsOf("gpu")]).toEqual([2, []]);
      lacks = false;
      await cluster.scale({ gpu: 1 });
      expect([world.idsOf("cpu").length, world.idsOf("gpu").length, world.peak]).toEqual([2, 1, 3]);
    });

    holds("a shortage in a running cluster is reported until the lost machine is replaced", async (world) => {
      const cluster = await world.started({ nWorkers: 2 });
      const victim = world.workers[0]?.id ?? "";
      world.cloud.setRoom(0);
      world.cloud.kill(victim);
      // More than any retry budget of a cluster.
      await until("many refusals", () => /refused [5-9] times in a row/.test(cluster.describe()));
      expect(world.troubles(cluster)).toEqual(["creation began"]);
      expect(world.warnings(cluster)).toContainEqual(expect.stringMatching(provider.words.capacity));
      expect(cluster.describe()).toMatch(provider.words.capacity);
      world.cloud.setRoom(10);
      await world.untilWorkers(2, cluster);
      await until("the end of the trouble", () => world.troubles(cluster).length === 2);
      expect([world.troubles(cluster), world.peak]).toEqual([["creation began", "creation ended"], 2]);
    });

    if (provider.hasSpot) describeSpot(provider, holds);
    else {
      holds("the `spot` option is refused before the first call where a cloud has no spot machines", async (world) => {
        const asking = (): unknown => world.cluster({ nWorkers: 1, spot: true });
        expect(asking).toThrow(/has no spot machines/);
        expect(world.cloud.cloud.calls.operations()).toEqual([]);
      });
    }

    holds(
      "a used-up quota is reported as a quota and leaves nothing",
      async (world) => {
        const cluster = world.cluster({ nWorkers: 4, ...IN_VAIN });
        const error: unknown = await cluster.start().catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: "QUOTA_EXCEEDED", message: expect.stringMatching(provider.words.quota) });
        expect(world.leftovers(cluster)).toEqual([]);
      },
      { quota: 2 },
    );

    holds(
      "throttling at the documented rates does not fail a start",
      async (world) => {
        // Ten times as fast as life: budgets refill slowly enough to be felt.
        const clusters = Array.from({ length: 4 }, () =>
          world.cluster({ nWorkers: 6, apiRetries: 8, pollIntervalMs: 500, listLagMs: 500, security: false }),
        );
        await Promise.all(clusters.map((cluster) => cluster.start()));
        await Promise.all(clusters.map((cluster) => cluster.scale(2)));
        expect(world.workers).toHaveLength(8);
        await Promise.all(clusters.map((cluster) => cluster.close()));
        const refused = world.cloud.cloud.calls.entries.filter(({ status = 0 }) => status >= 400);
        expect(refused.length).toBeGreaterThan(0);
      },
      { throttling: true, speed: 10, bootMs: 10_000, pendingMs: 2000, stoppingMs: 5000 },
    );
  });
}

function lackOf({ words }: ProviderUnderTest): object {
  return { code: "CAPACITY_UNAVAILABLE", message: expect.stringMatching(words.capacity) as string };
}

function describeSpot(provider: ProviderUnderTest, holds: Holds): void {
  holds("spot workers start beside an on-demand scheduler", async (world) => {
    const cluster = await world.started({ nWorkers: 2, spot: true });
    expect(world.alive().map(({ role, spot }) => [role, spot])).toEqual([
      ["scheduler", false],
      ["worker", true],
      ["worker", true],
    ]);
    await cluster.scale(3);
    expect(world.workers.every(({ spot }) => spot)).toBe(true);
  });

  holds(
    "no spot capacity fails a spot-only start",
    async (world) => {
      const cluster = world.cluster({ nWorkers: 2, spot: true, ...IN_VAIN });
      await expect(cluster.start()).rejects.toMatchObject(lackOf(provider));
      expect(world.leftovers(cluster)).toEqual([]);
    },
    { spotRoom: 0 },
  );

  holds(
    'no spot capacity falls back to on-demand machines with spot: "with-fallback"',
    async (world) => {
      const cluster = await world.started({ nWorkers: 3, spot: "with-fallback" });
      expect(world.workers.filter(({ spot }) => spot)).toHaveLength(1);
      expect([(await cluster.workers()).length, world.peak]).toEqual([3, 3]);
    },
    { spotRoom: 1 },
  );

  holds(
    "no spot capacity for one group leaves the on-demand machines of another",
    async (world) => {
      const cluster = await world.started({
        workers: { cpu: { count: 2 }, gpu: { count: 1, minWorkers: 0, spot: true } },
      });
      expect([world.idsOf("cpu").length, world.idsOf("gpu")]).toEqual([2, []]);
      expect(world.warnings(cluster)).toContainEqual(expect.stringMatching(provider.words.capacity));
      expect(world.workers.some(({ spot }) => spot)).toBe(false);
    },
    { spotRoom: 0 },
  );

  holds("a reclaimed spot machine is replaced", async (world) => {
    const cluster = await world.started({ nWorkers: 2, spot: true });
    const victim = world.workers[0]?.id ?? "";
    world.cloud.kill(victim);
    await until("another", () => !world.workers.some(({ id }) => id === victim) && world.workers.length === 2);
    await world.untilWorkers(2, cluster);
    expect([world.peak, world.workers.every(({ spot }) => spot)]).toEqual([2, true]);
  });
}
