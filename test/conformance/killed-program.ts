// A launcher of its own, to be killed: starts the clusters that its parent asks for, each on a cloud of its own, and scales them.
import { flushCompileCache } from "node:module";

import type { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { providerNamed } from "./adapters.ts";
import type { ClusterOptions } from "./provider-under-test.ts";

/** A cluster to be started on the cloud at that endpoint. */
export interface LifeOrder {
  readonly endpoint: string;
  readonly options: ClusterOptions;
}

async function live(cluster: ClusterManager): Promise<void> {
  await cluster.start();
  keepCompiled();
  await cluster.scale(3);
  await cluster.scale(1);
}

/** For the next launcher: this one will not come to the end at which Node would do it. */
function keepCompiled(): void {
  flushCompileCache();
}

// Only its own: what the others are made of takes a second to load.
const provider = await providerNamed(process.argv[2]?.toLowerCase() ?? "");
keepCompiled();
process.on("message", (orders: readonly LifeOrder[]) => {
  for (const { endpoint, options } of orders) {
    live(provider.cluster(endpoint, options)).then(
      () => process.send?.(endpoint),
      (error: unknown) => console.error(error),
    );
  }
});
