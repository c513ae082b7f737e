import { describe, expect } from "vitest";

import { RollbackIncompleteError, type TeardownIncompleteError } from "../../../src/cluster/end/teardown-error.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import type { Phase } from "../../../src/progress.ts";
import { patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import type { ProviderUnderTest } from "../provider-under-test.ts";
import { twoGroups } from "../two-groups.ts";
import { sentences } from "../world.ts";

/** Statuses of refused deletions: none of them rules out that a retry helps. */
const STATUSES = [400, 401, 403, 409, 412, 422];
/** Calls that are refused with each: several rounds of a close. */
const EACH = 6;
const REFUSALS = EACH * STATUSES.length;
/** Of a simulated cloud's time: a start with a worker takes less of it also where the processor is busy. */
const IDLE_MS = patient(3_000_000);
const PHASES: readonly Phase[] = ["prepare", "scheduler machine", "worker machines", "scheduler up", "workers joined"];

export function describeEnding(provider: ProviderUnderTest): void {
  describe(`${provider.name}: closing a cluster`, () => {
    const holds = sentences(provider);

    holds("leaves nothing, and concurrent closes share one teardown", async (world) => {
      const cluster = await world.started(twoGroups({ cpu: 2, gpu: 1 }));
      await Promise.all([cluster.close(), cluster.close()]);
      expect([cluster.state, world.cloud.machines, world.leftovers(cluster)]).toEqual(["closed", [], []]);
      const deleted = world.cloud.recorder.requests.flatMap((request) => provider.deletionsOf(request));
      expect(deleted.toSorted()).toEqual([...new Set(deleted)].sort());
      const calls = world.cloud.cloud.calls.count();
      await cluster.close();
      expect(world.cloud.cloud.calls.count()).toBe(calls);
    });

    holds("makes no call to the cloud if it never started", async (world) => {
      const cluster = world.cluster({ nWorkers: 2 });
      await cluster.close();
      await expect(cluster.start()).rejects.toMatchObject({ code: "CLOSED" });
      expect([cluster.state, world.cloud.cloud.calls.operations()]).toEqual(["closed", []]);
    });

    for (const phase of PHASES) {
      holds(`close() in the phase "${phase}" cancels the start and leaves nothing`, async (world) => {
        const cluster = world.cluster(twoGroups({ cpu: 1, gpu: 1 }));
        const closed = Promise.withResolvers<void>();
        cluster.onProgress((event) => {
          if (event.type === "phase-started" && event.phase === phase) closed.resolve(cluster.close());
        });
        await expect(cluster.start()).rejects.toMatchObject({ code: "CLOSED" });
        await closed.promise;
        expect([cluster.state, world.leftovers(cluster)]).toEqual(["closed", []]);
      });

      holds(
        `an abort in the phase "${phase}" rejects the start with the signal's reason and leaves nothing`,
        async (world) => {
          const cluster = world.cluster(twoGroups({ cpu: 1, gpu: 1 }));
          const controller = new AbortController();
          const reason = new Error("changed my mind");
          cluster.onProgress((event) => {
            if (event.type === "phase-started" && event.phase === phase) controller.abort(reason);
          });
          await expect(cluster.start(controller)).rejects.toBe(reason);
          expect([cluster.state, world.leftovers(cluster)]).toEqual(["failed", []]);
        },
      );
    }

    holds("retries refused deletions, whatever their status, until nothing is left", async (world) => {
      const cluster = await world.started(twoGroups({ cpu: 1, gpu: 1 }));
      const refused: string[] = [];
      world.cloud.recorder.watch(({ operation }) => {
        if (!provider.isMutation(operation) || refused.length >= REFUSALS) return undefined;
        const status = STATUSES[Math.floor(refused.length / EACH)] ?? 403;
        refused.push(operation);
        return provider.refusal(status);
      });
      await cluster.close();
      expect([cluster.state, world.leftovers(cluster), refused]).toEqual([
        "closed",
        [],
        expect.objectContaining({ length: REFUSALS }),
      ]);
    });

    holds("a refused teardown names what is left, and remove() deletes it later", async (world) => {
      const cluster = await world.started({ ...twoGroups({ cpu: 1, gpu: 1 }), closeTimeoutMs: patient(3000) });
      let refuses = true;
      world.cloud.recorder.watch(({ operation }) =>
        refuses && provider.isMutation(operation) ? provider.refusal(403) : undefined,
      );
      const error: unknown = await cluster.close().catch((error: unknown) => error);
      expect(error).toMatchObject({ code: "TEARDOWN_INCOMPLETE", message: expect.stringContaining("Not now.") });
      const left = world.leftovers(cluster).map(({ id }) => id);
      expect(left).not.toEqual([]);
      expect((error as TeardownIncompleteError).left.map(({ id }) => id)).toEqual(expect.arrayContaining(left));
      expect(world.warnings(cluster)).toEqual([expect.stringContaining("is not removed yet")]);
      refuses = false;
      await world.statics.remove(cluster.name, { closeTimeoutMs: 60_000 });
      expect(world.leftovers(cluster)).toEqual([]);
    });

    holds("an abort with a reason that is no Error still reports what a refused rollback left", async (world) => {
      const cluster = world.cluster({ nWorkers: 1, closeTimeoutMs: patient(3000) });
      const controller = new AbortController();
      let refuses = false;
      world.cloud.recorder.watch(({ operation }) =>
        refuses && provider.isMutation(operation) ? provider.refusal(403) : undefined,
      );
      cluster.onProgress((event) => {
        if (event.type !== "phase-finished" || event.phase !== "worker machines") return;
        refuses = true;
        controller.abort("changed my mind");
      });
      const error: unknown = await cluster.start(controller).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(RollbackIncompleteError);
      const { code, cause, left, message } = error as RollbackIncompleteError;
      const there = world.leftovers(cluster).map(({ id }) => id);
      expect(there).not.toEqual([]);
      expect([code, cause, left.map(({ id }) => id)]).toEqual([
        "TEARDOWN_INCOMPLETE",
        "changed my mind",
        expect.arrayContaining(there),
      ]);
      expect(message).toContain(`.remove("${cluster.name}")`);
      expect(world.warnings(cluster)).toContain(message);
      refuses = false;
      await world.statics.remove(cluster.name, { closeTimeoutMs: 60_000 });
      expect(world.leftovers(cluster)).toEqual([]);
    });

    holds("the cluster closes and says so when its scheduler's machine ends", async (world) => {
      const cluster = await world.started(twoGroups({ cpu: 1, gpu: 1 }));
      world.cloud.kill(world.scheduler().id);
      await until("the cluster to close", () => cluster.state === "closed");
      expect([world.leftovers(cluster), world.warnings(cluster)]).toEqual([[], [expect.stringContaining("has ended")]]);
      // A machine that its cloud lists no more, or as one that is being deleted, was taken away.
      expect(["removed", provider.hasConsole ? "crash" : "unknown"]).toContain(cluster.closedBecause);
    });

    holds("the cluster closes with the reason when Dask ends on the scheduler's machine", async (world) => {
      const cluster = await world.started({ nWorkers: 1, idleTimeoutMs: IDLE_MS });
      await until("the cluster to close", () => cluster.state === "closed", 60_000);
      expect(world.leftovers(cluster)).toEqual([]);
      expect(cluster.closedBecause).toBe(provider.hasConsole ? "idle-timeout" : "unknown");
    });

    holds("the cluster closes with the reason when a client shuts the scheduler down", async (world) => {
      const cluster = await world.started({ nWorkers: 1, security: false });
      await using client = await SchedulerClient.connect(cluster.schedulerAddress);
      await client.terminate();
      await until("the cluster to close", () => cluster.state === "closed", 20_000);
      expect([world.leftovers(cluster), cluster.closedBecause]).toEqual([
        [],
        provider.hasConsole ? "shutdown" : "unknown",
      ]);
    });
  });
}
