// A launcher of its own, to be killed: starts the clusters that its parent asks for, each on a cloud of its own, and scales them.
import type { ClusterManager } from "../../src/cluster-manager.ts";
import type { ClusterOptions } from "./provider-under-test.ts";
import { providers } from "./providers/all.ts";

/** A cluster to be started on the cloud at that endpoint. */
export interface LifeOrder {
  readonly endpoint: string;
  readonly options: ClusterOptions;
}

async function live(cluster: ClusterManager): Promise<void> {
  await cluster.start();
  await cluster.scale(3);
  await cluster.scale(1);
}

const provider = providers.find(({ name }) => name === process.argv[2]);
if (provider === undefined) throw new Error(`There is no provider ${process.argv[2]}`);
process.on("message", (orders: readonly LifeOrder[]) => {
  for (const { endpoint, options } of orders) {
    live(provider.cluster(endpoint, options)).then(
      () => process.send?.(endpoint),
      (error: unknown) => console.error(error),
    );
  }
});
