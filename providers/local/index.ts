export { LocalCluster } from "./local-cluster.ts";
export type { LocalClusterOptions, LocalWorkerGroupOptions } from "./options/options.ts";
