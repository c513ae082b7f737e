// One launcher of several: starts a cluster on request, reports the outcome and closes it on request.
import type { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { DaskFleetError, messageOf } from "../../src/errors.ts";
import { providerNamed } from "./adapters.ts";
import type { ClusterOptions } from "./provider-under-test.ts";

/** A cluster to start on the cloud at that endpoint; without options, a request to close this launcher's clusters. */
export interface RaceOrder {
  readonly endpoint: string;
  readonly options?: ClusterOptions;
}

/** What came of a start, or of the closing of all. */
export interface RaceOutcome {
  readonly name: string;
  readonly id: string;
  readonly state: string;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  /** Workers that have joined. */
  readonly workers?: number;
}

const provider = await providerNamed(process.argv[2]?.toLowerCase() ?? "");
const clusters: ClusterManager[] = [];

async function outcomeOf(cluster: ClusterManager, work: () => Promise<unknown>): Promise<RaceOutcome> {
  const error: unknown = await work().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const { id = "", state } = cluster;
  const common = { name: cluster.name, id, state };
  if (error === undefined) {
    return { ...common, workers: state === "running" ? (await cluster.workers()).length : 0 };
  }
  return { ...common, code: error instanceof DaskFleetError ? error.code : "", message: messageOf(error) };
}

process.on("message", ({ endpoint, options }: RaceOrder) => {
  if (options === undefined) {
    for (const cluster of clusters.splice(0)) {
      void outcomeOf(cluster, () => cluster.close()).then((outcome) => process.send?.(outcome));
    }
    return;
  }
  const cluster = provider.cluster(endpoint, options);
  clusters.push(cluster);
  void outcomeOf(cluster, () => cluster.start()).then((outcome) => process.send?.(outcome));
});
process.send?.("ready");
