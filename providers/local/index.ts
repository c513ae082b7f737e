export { LocalCluster } from "./local-cluster.ts";
export type { LocalClusterOptions } from "./options/options.ts";
