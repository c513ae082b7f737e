import { describe, expect } from "vitest";

import type { ProviderUnderTest } from "../provider-under-test.ts";
import { sentences } from "../world.ts";

const SIZES = { cpu: 400, gpu: 300, big: 300 };
const WORKERS = 1000;
const BOOT_MS = 30_000;
const SPEED = 10;

export function describeThousand(provider: ProviderUnderTest): void {
  describe(`${provider.name}: a thousand workers of three groups`, () => {
    const holds = sentences(provider);

    holds(
      `need at most ${provider.createsForThousand} creating calls, and a number of reads that does not grow with them`,
      async (world) => {
        const pollIntervalMs = 500;
        const workers = Object.fromEntries(Object.entries(SIZES).map(([name, count]) => [name, { count }]));
        const cluster = world.cluster({ workers, pollIntervalMs, listLagMs: 2000, apiRetries: 6 });
        const { calls } = world.cloud.cloud;
        const startedAt = performance.now();
        await cluster.start();
        expect(await cluster.workers()).toHaveLength(WORKERS);
        const upMs = performance.now() - startedAt;
        await cluster.close();
        const totalMs = performance.now() - startedAt;
        const creates = calls.entries.filter(
          ({ operation, status }) => provider.makesMachines(operation) && status !== undefined && status < 300,
        );
        expect(creates.length).toBeLessThanOrEqual(provider.createsForThousand);
        const looks = calls.entries.filter(({ operation }) => !provider.isMutation(operation)).length;
        // A listing takes several pages; others precede the first machine and follow the close.
        const passes = totalMs / pollIntervalMs + 5;
        expect({ looks, upMs, totalMs, operations: tally(calls.operations()) }).toMatchObject({
          looks: expect.toSatisfy((n: number) => n <= 30 + (provider.callsOfALook ?? 4) * passes),
        });
      },
      { speed: SPEED, bootMs: BOOT_MS },
    );
  });
}

function tally(operations: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    [...Map.groupBy(operations, (operation) => operation)].map(([operation, { length }]) => [operation, length]),
  );
}
