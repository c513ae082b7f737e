import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { LIFE_BEHAVIOUR, type LifeName, lifeNamed, stepsOf } from "./lives.ts";
import type { ProviderUnderTest } from "./provider-under-test.ts";
import { World } from "./world.ts";

/** The operations of a life in which nothing goes wrong, in order: lived before there are tests, so that these can be counted. */
export async function rehearsal(provider: ProviderUnderTest, name: LifeName): Promise<readonly string[]> {
  const state = await mkdtemp(join(tmpdir(), "dask-fleet-rehearsal-"));
  process.env["XDG_STATE_HOME"] = state;
  try {
    await using world = await World.open(provider, LIFE_BEHAVIOUR);
    const life = lifeNamed(name);
    const cluster = world.cluster(life.options);
    for (const step of stepsOf(cluster, life)) await step();
    await cluster.close();
    return world.cloud.cloud.calls.operations();
  } finally {
    delete process.env["XDG_STATE_HOME"];
    await rm(state, { recursive: true, force: true });
  }
}
