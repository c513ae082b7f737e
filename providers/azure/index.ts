export { AzureVMCluster } from "./azure-vm-cluster.ts";
export type { AzureCredential, AzureToken } from "./api/credential.ts";
export type {
  AzureImage,
  AzureVMClusterOptions,
  AzureVMWorkerGroupOptions,
  MarketplacePlan,
} from "./options/options.ts";
