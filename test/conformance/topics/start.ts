import { describe, expect } from "vitest";

import { cidrContains } from "../../../packages/simulated-clouds/src/core/subnet.ts";
import { groupIn } from "../../../src/provider/tags.ts";
import { mayCarryKeys } from "../../support/no-secret-told/told-in-tests.ts";
import { patient } from "../../support/patience.ts";
import type { Behaviour, MachineView, ProviderUnderTest } from "../provider-under-test.ts";
import { toldTo } from "../told.ts";
import { twoGroups } from "../two-groups.ts";
import { sentences, type World } from "../world.ts";

const PRIVATE = "127.64.0.0/10";
const PUBLIC = "127.192.0.0/10";

/** A failed machine has been off for long when a start of this length ends by its deadline. */
const SOON_MS = patient(25_000);
/** As fast as ten lives: the five minutes that a failed machine stays on are thirty seconds. */
const SLOW_CLOUD: Behaviour = { speed: 10, bootMs: 5000, pendingMs: 2000, listLagMs: 1000, stoppingMs: 2000 };

/** Calls for console output. */
function looksAtConsoles({ cloud }: World): number {
  return cloud.cloud.calls
    .operations()
    .filter((operation) => /consoleoutput|captureconsole|bootdiagnostics|serialport/iu.test(operation)).length;
}

export function describeStart(provider: ProviderUnderTest): void {
  describe(`${provider.name}: a start`, () => {
    const holds = sentences(provider);

    holds("brings up a reachable scheduler and joined workers, and times every phase", async (world) => {
      const cluster = world.cluster(twoGroups({ cpu: 2, gpu: 1 }));
      expect(cluster.state).toBe("new");
      await cluster.start();
      expect(cluster.state).toBe("running");
      expect(cluster.schedulerAddress).toBe(`tls://${world.scheduler().publicAddress}:8786`);
      const workers = await cluster.workers();
      expect(workers.map(({ machineId }) => machineId ?? "").sort()).toEqual(world.workers.map(({ id }) => id).sort());
      expect(workers.map(({ name }) => name).sort()).toEqual(world.workers.map(({ nodeName }) => nodeName).sort());
      const inGroup = (name: string): unknown =>
        workers.filter(({ group }) => group === name).map(({ machineId }) => machineId);
      expect([inGroup("cpu"), inGroup("gpu")]).toEqual([
        expect.toSatisfy((ids: string[]) => String(ids.toSorted()) === String(world.idsOf("cpu"))),
        world.idsOf("gpu"),
      ]);
      expect(cluster.timeline.map(({ phase }) => phase)).toEqual(
        expect.arrayContaining([
          "certificates",
          "prepare",
          "scheduler machine",
          "worker machines",
          "scheduler up",
          "workers joined",
        ]),
      );
      const states = world.events(cluster).flatMap((event) => (event.type === "state" ? [event.state] : []));
      expect(states).toEqual(["starting", "running"]);
      await cluster.close();
      expect(cluster.state).toBe("closed");
    });

    holds("without workers creates a scheduler alone", async (world) => {
      const cluster = await world.started();
      expect([world.alive().length, await cluster.workers()]).toEqual([1, []]);
    });

    holds("connects workers to the scheduler's private address and clients to its public one", async (world) => {
      const cluster = await world.started({ nWorkers: 2 });
      const scheduler = world.scheduler();
      for (const { privateAddress } of world.alive()) expect(cidrContains(PRIVATE, privateAddress)).toBe(true);
      expect(new Set(world.alive().map(({ privateAddress }) => privateAddress)).size).toBe(3);
      expect(cidrContains(PUBLIC, scheduler.publicAddress ?? "")).toBe(true);
      for (const worker of world.workers) {
        expect(toldTo(worker).env["DASK_FLEET_SCHEDULER"]).toBe(`tls://${scheduler.privateAddress}:8786`);
      }
      expect(cluster.schedulerAddress).toBe(`tls://${scheduler.publicAddress}:8786`);
    });

    holds(
      "creates the workers' machines before the scheduler is up: one boot, not two",
      async (world) => {
        const cluster = world.cluster(twoGroups({ cpu: 2, gpu: 2 }));
        const schedulerWasUp: boolean[] = [];
        world.cloud.recorder.watch(({ operation }) => {
          if (provider.makesMachines(operation))
            schedulerWasUp.push(world.cloud.cloud.paper.scheduler(cluster.name) !== undefined);
          return undefined;
        });
        await cluster.start();
        // One call for the scheduler, and one for all workers of a group, or for each.
        expect(schedulerWasUp.length).toBeGreaterThanOrEqual(3);
        expect(schedulerWasUp).not.toContain(true);
      },
      { bootMs: 3_000_000 },
    );

    holds(
      "fails during the scheduler's boot when the workers of a group are refused for good",
      async (world) => {
        const cluster = world.cluster(twoGroups({ cpu: 2, gpu: 1 }));
        let asked = 0;
        world.cloud.recorder.watch(({ operation }) => {
          if (!provider.makesMachines(operation)) return undefined;
          asked += 1;
          return asked <= 2 ? undefined : provider.refusal(403);
        });
        await expect(cluster.start()).rejects.toMatchObject({
          code: "AUTH_FAILED",
          message: expect.stringContaining("Not now."),
        });
        const finished = world
          .events(cluster)
          .flatMap((event) => (event.type === "phase-finished" ? [event.phase] : []));
        expect(finished).not.toContain("scheduler up");
        expect([cluster.state, world.leftovers(cluster)]).toEqual(["failed", []]);
      },
      { bootMs: 60_000_000 },
    );

    holds("tags every resource at creation", async (world) => {
      const cluster = await world.started({ ...twoGroups({ cpu: 1, gpu: 0 }), maxLifetimeMs: 86_400_000 });
      await cluster.scale({ gpu: 1 });
      const made = world.cloud.recorder.requests.flatMap((request) => provider.creationsOf(request));
      expect(made.length).toBeGreaterThan(2);
      const expires = Number(world.scheduler().tags["expires"]);
      expect(Math.abs(expires - (Date.now() / 1000 + 86_400))).toBeLessThan(120);
      const ours = {
        creator: "dask-fleet",
        "cluster-name": cluster.name,
        "cluster-id": cluster.id,
        expires: String(expires),
      };
      for (const { kind, tags } of made) expect({ kind, tags }).toMatchObject({ kind, tags: ours });
      const roles = ({ tags, role }: MachineView): unknown => [tags["role"], role, groupIn(tags)];
      expect(world.alive().map(roles)).toEqual([
        ["scheduler", "scheduler", undefined],
        ["worker", "worker", "cpu"],
        ["worker", "worker", "gpu"],
      ]);
    });

    holds("called again, or twice at once, is one start", async (world) => {
      const cluster = world.cluster({ nWorkers: 1 });
      await Promise.all([cluster.start(), cluster.start()]);
      await cluster.start();
      expect(world.alive()).toHaveLength(2);
    });

    holds("fails with the console output of a scheduler that never comes up", async (world) => {
      world.cloud.cloud.paper.dud = () => "docker: manifest for dask unknown";
      const cluster = world.cluster({ nWorkers: 1, startTimeoutMs: patient(4000) });
      await expect(cluster.start()).rejects.toMatchObject({
        message: expect.stringContaining(provider.hasConsole ? "manifest for dask unknown" : "console"),
      });
      expect([cluster.state, world.leftovers(cluster)]).toEqual(["failed", []]);
    });

    holds(
      "fails soon after its scheduler gives up, with the console's last lines, before the machine powers off",
      async (world) => {
        world.cloud.cloud.paper.broken = ({ privateAddress }) =>
          privateAddress === world.scheduler().privateAddress ? "mount: there is no such disk" : undefined;
        const cluster = world.cluster({ nWorkers: 1 });
        const began = performance.now();
        await expect(cluster.start()).rejects.toMatchObject({
          code: "START_FAILED",
          message: expect.stringMatching(
            provider.hasConsole
              ? /^The scheduler's machine .* gave up: bootstrap failed: bootstrap-extra\.sh ended with status 3\.[^]*there is no such disk/u
              : /^The scheduler's machine .* stopped before Dask was up\.[^]*console/u,
          ),
        });
        expect(performance.now() - began).toBeLessThan(SOON_MS);
        // Each machine's once at most: the worker's has turns of its own, which may come first.
        expect(looksAtConsoles(world)).toBeLessThanOrEqual(2);
        expect(world.leftovers(cluster)).toEqual([]);
      },
      SLOW_CLOUD,
    );

    holds("fails soon after the workers of one group give up, even if they stay on", async (world) => {
      const { paper } = world.cloud.cloud;
      const cluster = world.cluster({ ...twoGroups({ cpu: 1, gpu: 3 }), autoShutdown: !provider.hasConsole });
      paper.broken = ({ privateAddress }) =>
        world.workers.some((worker) => worker.privateAddress === privateAddress && groupIn(worker.tags) === "gpu")
          ? "mount: there is no such disk"
          : undefined;
      const began = performance.now();
      await expect(cluster.start()).rejects.toMatchObject({
        code: "START_FAILED",
        message: expect.stringMatching(
          provider.hasConsole
            ? /^Worker machine .*: it gave up: bootstrap failed: [^]*there is no such disk/u
            : /^Worker machine .*: the machine has stopped\.[^]*console/u,
        ),
      });
      expect(performance.now() - began).toBeLessThan(SOON_MS);
      expect(looksAtConsoles(world)).toBeLessThanOrEqual(4);
      expect(world.leftovers(cluster)).toEqual([]);
    });

    holds(
      "fails soon after cloud-init ends on machines that ignored their user data, with cloud-init's output",
      async (world) => {
        world.cloud.cloud.paper.silent = () =>
          "cloud-init[803]: /var/lib/cloud/instance/scripts/runcmd: 2: bash: not found";
        // Without a readable console the reason is unknown.
        const options = provider.hasConsole ? {} : { startTimeoutMs: patient(4000) };
        const cluster = world.cluster({ nWorkers: 1, ...options });
        const began = performance.now();
        await expect(cluster.start()).rejects.toMatchObject({
          code: provider.hasConsole ? "START_FAILED" : "TIMEOUT",
          message: expect.stringMatching(
            provider.hasConsole
              ? /machine .* gave up: its boot ended without a word from dask-fleet: .*bash: not found/u
              : /console/u,
          ),
        });
        // The first look is ten seconds after the start, the second eight after that.
        expect(performance.now() - began).toBeLessThan(patient(30_000));
        expect(looksAtConsoles(world)).toBeLessThanOrEqual(4);
        expect(world.leftovers(cluster)).toEqual([]);
      },
    );

    holds("warns of a worker that joins under its image's name, at once and in the error", async (world) => {
      const { paper } = world.cloud.cloud;
      const cluster = mayCarryKeys(
        world.cluster({ nWorkers: 1, startTimeoutMs: patient(4000), security: { delivery: "user-data" } }),
      );
      paper.misnamed = ({ privateAddress }) =>
        world.workers.some((worker) => worker.privateAddress === privateAddress) ? "packer-debian" : undefined;
      await expect(cluster.start()).rejects.toMatchObject({
        code: "TIMEOUT",
        message: expect.stringMatching(/0 of 1 workers joined.*joined under an unknown name: packer-debian \(127\./u),
      });
      const expected = /packer-debian at 127\.[\d.]+(?:, which is machine \S+)?: \S+ was expected/u;
      expect(world.warnings(cluster)).toContainEqual(expect.stringMatching(expected));
      expect(world.leftovers(cluster)).toEqual([]);
    });

    holds("warns of a worker that asks for its certificate under its image's name", async (world) => {
      const { paper } = world.cloud.cloud;
      const cluster = world.cluster({ nWorkers: 1, startTimeoutMs: patient(4000), listLagMs: 200 });
      paper.misnamed = ({ privateAddress }) =>
        world.workers.some((worker) => worker.privateAddress === privateAddress) ? "packer-debian" : undefined;
      await expect(cluster.start()).rejects.toMatchObject({ code: "TIMEOUT" });
      const expected = /127\.[\d.]+ waits for the certificate of worker packer-debian: the cloud lists no machine/u;
      expect(world.warnings(cluster)).toContainEqual(expect.stringMatching(expected));
      expect(world.leftovers(cluster)).toEqual([]);
    });

    holds("fails with one worker's console output when workers never come up", async (world) => {
      const { paper } = world.cloud.cloud;
      const cluster = world.cluster({ nWorkers: 2, startTimeoutMs: patient(4000) });
      paper.dud = ({ privateAddress }) =>
        world.workers.some((worker) => worker.privateAddress === privateAddress)
          ? "no space left on device"
          : undefined;
      await expect(cluster.start()).rejects.toMatchObject({
        code: "TIMEOUT",
        message: expect.stringContaining(provider.hasConsole ? "no space left on device" : "console"),
      });
      expect([cluster.state, world.leftovers(cluster)]).toEqual(["failed", []]);
    });
  });
}
