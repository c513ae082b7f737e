import type { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import type { ClusterSummary } from "../../src/cluster/find/cluster-summary.ts";
import type { RemoveOptions, WaitOptions } from "../../src/cluster/handle-types.ts";
import type { ClusterStatus } from "../../src/cluster/status/cluster-status.ts";
import type { Finding } from "../../src/provider/checkup.ts";
import type { Statics } from "./provider-under-test.ts";

interface ClusterClass<Options> {
  attach(name: string): Promise<ClusterManager>;
  status(name: string): Promise<ClusterStatus>;
  list(options: Options): Promise<readonly ClusterSummary[]>;
  remove(name: string, options: Options, how?: RemoveOptions): Promise<void>;
  sweep(options: Options): Promise<readonly string[]>;
  doctor(options: Options, how?: WaitOptions): AsyncIterable<Finding>;
}

/** @param where options that lead to the simulated cloud */
export function staticsOf<Options>(Cluster: ClusterClass<Options>, where: Options): Statics {
  return {
    attach: async (name) => await Cluster.attach(name),
    status: async (name) => await Cluster.status(name),
    list: async () => await Cluster.list(where),
    remove: async (name, options, how) => await Cluster.remove(name, { ...where, ...options }, how),
    sweep: async () => await Cluster.sweep(where),
    doctor: (options, how) => Cluster.doctor({ ...where, ...options }, how),
  };
}
