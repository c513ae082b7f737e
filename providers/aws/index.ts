export { EC2Cluster } from "./ec2-cluster.ts";
export type { EC2ClusterOptions } from "./options/options.ts";
