export { DropletCluster } from "./droplet-cluster.ts";
export type { DropletClusterOptions } from "./options/options.ts";
