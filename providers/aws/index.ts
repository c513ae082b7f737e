export { EC2Cluster } from "./ec2-cluster.ts";
export type { EC2ClusterOptions, EC2WorkerGroupOptions } from "./options/options.ts";
