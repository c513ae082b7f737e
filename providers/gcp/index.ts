export { GCPCluster } from "./gcp-cluster.ts";
export type { GCPClusterOptions } from "./options/options.ts";
