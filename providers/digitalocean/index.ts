export { DropletCluster } from "./droplet-cluster.ts";
export type { DropletClusterOptions, DropletWorkerGroupOptions } from "./options/options.ts";
