export { OCICluster } from "./oci-cluster.ts";
export type { OCIClusterOptions, OCIWorkerGroupOptions } from "./options/options.ts";
