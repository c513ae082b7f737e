export { MadeUpCluster } from "./made-up-cluster.ts";
export type { MadeUpClusterOptions } from "./options/options.ts";
