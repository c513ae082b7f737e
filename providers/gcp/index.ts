export { GCPCluster } from "./gcp-cluster.ts";
export type { GCPClusterOptions, GCPWorkerGroupOptions } from "./options/options.ts";
