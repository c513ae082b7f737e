import { afterAll, beforeAll, describe, expect } from "vitest";

import { type CloudColumn, NOT_AVAILABLE } from "../../../src/provider/manifest.ts";
import { Security } from "../../../src/security/security.ts";
import { mayCarryKeys } from "../../support/no-secret-told/told-in-tests.ts";
import { patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import { OpensslFiles } from "../../unit/security/openssl-files.ts";
import { SOMEBODY, SOMEBODY_ELSE, watchDoors } from "../doors.ts";
import type { ClusterOptions, ProviderUnderTest } from "../provider-under-test.ts";
import { toldTo } from "../told.ts";
import { type Holds, type World, sentences } from "../world.ts";

/** Of the first table. Those about IPv6 are tested for each cloud alone. */
type Row = Exclude<keyof CloudColumn, "ipv6">;

/** The test of a cell, for clouds with and without the feature. */
interface Check {
  readonly has: (holds: Sentence, cell: string, provider: ProviderUnderTest) => void;
  /** Left out for what every cloud has. */
  readonly lacks?: (holds: Sentence, provider: ProviderUnderTest) => void;
}

type Sentence = (body: Parameters<Holds>[1], behaviour?: Parameters<Holds>[2]) => void;

/** In the simulated clouds' time, which runs a thousand times as fast. */
const A_WHILE_MS = patient(10_000) * 1000;

const CHECKS: Readonly<Record<Row, Check>> = {
  publicIp: {
    has: (holds) =>
      holds(async (world) => {
        const doors = watchDoors(world);
        const open = await world.started({ nWorkers: 1 });
        const [worker] = world.workers;
        expect(open.schedulerAddress).toBe(`tls://${world.scheduler().publicAddress}:8786`);
        expect([world.alive().every(({ publicAddress }) => publicAddress !== undefined), doors(worker)]).toEqual([
          true,
          [],
        ]);
        await open.close();
        await world.started({ nWorkers: 1, publicIp: false });
        expect(world.alive().map(({ publicAddress }) => publicAddress)).toEqual([undefined, undefined]);
      }),
  },

  allowedCidrs: {
    has: (holds) =>
      holds(async (world) => {
        const doors = watchDoors(world);
        await world.started({ nWorkers: 1, allowedCidrs: ["127.0.0.1/32", "203.0.113.0/24"] });
        const [scheduler, [worker]] = [world.scheduler(), world.workers];
        expect([doors(scheduler, SOMEBODY), doors(scheduler, SOMEBODY_ELSE)]).toEqual([[8786, 8788], []]);
        expect([doors(worker, SOMEBODY), doors(worker, SOMEBODY_ELSE)]).toEqual([[], []]);
      }),
  },

  security: {
    has: (holds) => {
      let files: OpensslFiles;
      beforeAll(() => {
        files = new OpensslFiles();
      });
      afterAll(() => files[Symbol.dispose]());
      holds(async (world) => {
        const { cert, key } = files.selfSigned("everything");
        const own = new Security({ tlsCaFile: cert, tlsClientCert: cert, tlsClientKey: key });
        const schemes: string[] = [];
        for (const security of [true, own, false]) {
          const cluster = world.cluster({ nWorkers: 1, security });
          if (security === own) mayCarryKeys(cluster);
          await cluster.start();
          expect(await cluster.workers()).toHaveLength(1);
          schemes.push(cluster.schedulerAddress.replace(/:.*/, ""));
          await cluster.close();
        }
        expect(schemes).toEqual(["tls", "tls", "tcp"]);
      });
    },
  },

  spot: {
    has: (holds) => {
      const spotWorkers = (world: World): number => world.workers.filter(({ spot }) => spot).length;
      holds(
        async (world) => {
          const cluster = await world.started({ nWorkers: 1, spot: true });
          expect([world.scheduler().spot, spotWorkers(world), world.workers.length]).toEqual([false, 1, 1]);
          await cluster.close();
          await world.started({ nWorkers: 2, spot: "with-fallback" });
          expect([spotWorkers(world), world.workers.length]).toEqual([1, 2]);
        },
        { spotRoom: 1 },
      );
    },
    lacks: (holds) =>
      holds(async (world) => {
        for (const spot of [true, "with-fallback"] as const) {
          expect(() => world.cluster({ spot })).toThrow(/has no spot machines: leave the `spot` option out\.$/);
        }
        expect(world.cloud.cloud.calls.operations()).toEqual([]);
      }),
  },

  maxLifetimeMs: { has: (holds, cell) => holds((world) => endsAlone(world, { maxLifetimeMs: A_WHILE_MS }, cell)) },
  idleTimeoutMs: { has: (holds, cell) => holds((world) => endsAlone(world, { idleTimeoutMs: A_WHILE_MS }, cell)) },

  minWorkers: {
    has: (holds) =>
      holds(
        async (world) => {
          const smaller = await world.started({ nWorkers: 4, minWorkers: 2 });
          expect(await smaller.workers()).toHaveLength(3);
          expect(world.warnings(smaller)).toContainEqual(
            expect.stringContaining("Only 3 of 4 workers have joined (minWorkers is 2)"),
          );
          await smaller.close();
          world.cloud.setRoom(2);
          const none = world.cluster({ nWorkers: 4, minWorkers: 2, startTimeoutMs: patient(6000) });
          await expect(none.start()).rejects.toMatchObject({ code: "CAPACITY_UNAVAILABLE" });
          expect(world.leftovers(none)).toEqual([]);
        },
        { room: 4 },
      ),
  },

  gpu: {
    has: (holds, _cell, { gpu }) =>
      holds(async (world) => {
        await world.started({ nWorkers: 1, ...asked(gpu) });
        const told = world.alive().map((machine) => [machine.role, toldTo(machine).env["DASK_FLEET_GPU"]]);
        expect(told).toEqual([
          ["scheduler", "0"],
          ["worker", "1"],
        ]);
      }),
  },

  arm: {
    has: (holds, _cell, { arm }) =>
      holds(async (world) => {
        const ordinary = await world.started({ nWorkers: 1 });
        const architectures = (): readonly string[] => world.alive().map(({ architecture }) => architecture);
        expect(architectures()).toEqual(["x86_64", "x86_64"]);
        await ordinary.close();
        await world.started({ nWorkers: 1, ...asked(arm) });
        expect(architectures()).toEqual(["arm64", "arm64"]);
      }),
    lacks: (holds, { arm }) =>
      holds(async (world) => {
        expect(arm).toBeUndefined();
        await world.started({ nWorkers: 1 });
        expect(world.alive().map(({ architecture }) => architecture)).toEqual(["x86_64", "x86_64"]);
      }),
  },
};

/** The rows of docs/clouds.md hold for a provider, or it says that the cloud does not have it. */
export function describeTable(provider: ProviderUnderTest): void {
  describe(`${provider.name}: docs/clouds.md`, () => {
    const holds = sentences(provider);

    for (const [row, { has, lacks = cannotLack }] of Object.entries(CHECKS) as [Row, Check][]) {
      const cell = provider.manifest.column?.[row] ?? "";
      if (cell === "") expect.fail(`Nothing is said of ${row} in the manifest of ${provider.name}`);
      const sentence: Sentence = (body, behaviour) => holds(`${row}: ${cell}`, body, behaviour);
      if (cell === NOT_AVAILABLE) lacks(sentence, provider);
      else has(sentence, cell, provider);
    }
  });
}

function cannotLack(holds: Sentence): void {
  holds(async () => expect.fail("The page says that it is not available, but every cloud has it"));
}

/** An unmanaged cluster ends by itself; until a sweep, exactly what the page says is still billed. */
async function endsAlone(world: World, options: ClusterOptions, cell: string): Promise<void> {
  const cluster = await world.started({ nWorkers: 2, ...options });
  await cluster.detach();
  await until("its machines to end", () => world.alive(cluster).length === 0, 20_000);
  const isThere = (): boolean => world.cloud.machines.some(({ tags }) => tags["cluster-name"] === cluster.name);
  if (cell.includes("still charged for")) expect(isThere()).toBe(true);
  else await until("its machines to be gone", () => !isThere(), 5000);
  // As a timer would: one that comes while a machine is still shutting down leaves it to the next.
  await until("a sweep to remove them", async () => !(await world.statics.sweep().then(isThere)), 10_000);
  // What costs nothing may be left.
  await world.statics.remove(cluster.name).catch(() => undefined);
}

function asked(options: ProviderUnderTest["gpu"]): ClusterOptions {
  if (options === undefined)
    throw new Error("The page says that the cloud has it, and the provider under test does not");
  return options;
}
