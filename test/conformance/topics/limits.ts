import { randomBytes } from "node:crypto";

import { describe, expect } from "vitest";

import type { ProviderUnderTest } from "../provider-under-test.ts";
import { twoGroups } from "../two-groups.ts";
import { sentences } from "../world.ts";

export function describeLimits(provider: ProviderUnderTest): void {
  describe(`${provider.name}: limits`, () => {
    const holds = sentences(provider);

    holds(
      "user data over the limit is refused before anything is created, with sizes and the largest parts",
      async (world) => {
        const bulk = (): string => randomBytes(60_000).toString("base64");
        const envVars = { BULK_A: bulk(), BULK_B: bulk(), BULK_C: bulk(), BULK_D: bulk(), BULK_E: bulk() };
        const cluster = world.cluster({ nWorkers: 1, envVars });
        await expect(cluster.start()).rejects.toMatchObject({
          code: "USER_DATA_TOO_LARGE",
          message: expect.stringMatching(new RegExp(`${provider.userDataLimit} that .*user\\.env`, "s")),
        });
        expect([world.mutations, world.leftovers(cluster)]).toEqual([[], []]);
      },
    );

    holds("user data fits certificates and a realistic environment", async (world) => {
      const envVars = Object.fromEntries(
        Array.from({ length: 30 }, (_, nth) => [
          `DASK_SETTING_${nth}`,
          `value number ${nth}, as long as most: ${"x".repeat(40)}`,
        ]),
      );
      const cluster = await world.started({
        nWorkers: 1,
        envVars,
        extraBootstrap: ["pip install s3fs xarray", "apt-get install -y htop"],
      });
      expect(await cluster.workers()).toHaveLength(1);
    });

    for (const name of ["ab", "z9", `as-long-as-a-name-may-be${"-0".repeat(8)}`]) {
      holds(`names may have ${name.length} characters: ${name}`, async (world) => {
        const cluster = await world.started({ name, nWorkers: 2 });
        expect((await cluster.workers()).length).toBe(2);
        await cluster.scale(1);
        expect(
          (await cluster.machines()).filter(({ state }) => state === "running" || state === "pending"),
        ).toHaveLength(2);
      });
    }

    holds(
      "small pages hide nothing: all machines are listed and deleted",
      async (world) => {
        const cluster = await world.started(twoGroups({ cpu: 4, gpu: 3 }));
        expect([(await cluster.machines()).length, (await cluster.workers()).length]).toEqual([8, 7]);
        const summary = (await world.statics.list()).find(({ name }) => name === cluster.name);
        expect(summary?.resources.length).toBeGreaterThan(7);
        await cluster.scale({ gpu: 2 });
        await cluster.close();
        expect(world.cloud.machines).toEqual([]);
      },
      { pageSize: 3 },
    );
  });
}
