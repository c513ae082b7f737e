// A launcher of its own, to be killed: starts the clusters that its parent asks for, each on a cloud of its own, and scales them.
import { flushCompileCache } from "node:module";

import type { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { providerNamed } from "./adapters.ts";
import { type LifeName, lifeNamed, stepsOf } from "./lives.ts";
import type { ClusterOptions } from "./provider-under-test.ts";

/** A cluster to be started on the cloud at that endpoint. */
export interface LifeOrder {
  readonly life: LifeName;
  readonly endpoint: string;
  /** More options than the life's. */
  readonly options: ClusterOptions;
}

async function live(cluster: ClusterManager, life: LifeName): Promise<void> {
  for (const step of stepsOf(cluster, lifeNamed(life))) {
    await step();
    keepCompiled();
  }
}

/** For the next launcher: this one will not come to the end at which Node would do it. */
function keepCompiled(): void {
  flushCompileCache();
}

// Only its own: what the others are made of takes a second to load.
const provider = await providerNamed(process.argv[2]?.toLowerCase() ?? "");
keepCompiled();
process.on("message", (orders: readonly LifeOrder[]) => {
  for (const { endpoint, options, life } of orders) {
    live(provider.cluster(endpoint, { ...lifeNamed(life).options, ...options }), life).then(
      () => process.send?.(endpoint),
      (error: unknown) => console.error(error),
    );
  }
});
