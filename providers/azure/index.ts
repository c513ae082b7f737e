export { AzureVMCluster } from "./azure-vm-cluster.ts";
export type { AzureVMClusterOptions, AzureCredential, AzureImage, MarketplacePlan } from "./options/options.ts";
