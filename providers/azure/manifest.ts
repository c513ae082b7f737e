import type { ProviderManifest } from "../../src/provider/manifest.ts";
import { schema } from "./options/schema.ts";

export const manifest: ProviderManifest = {
  section: "azure.azurevm",
  command: "azure",
  folder: "azure",
  name: "Azure",
  title: "Azure",
  className: "AzureVMCluster",
  sdk: ["@azure/arm-compute", "@azure/arm-network", "@azure/identity"],
  page: "docs/providers/azure.md",
  needed: { location: "eastus", resourceGroup: "dask" },
  column: {
    publicIp: "the scheduler's; workers' for outgoing traffic",
    allowedCidrs: "in a network security group",
    security: "temporary certificates, your own, or none",
    spot: "spot VMs, deleted when they are evicted",
    maxLifetimeMs: "power off, still charged for until the launcher or `sweep` deletes them",
    idleTimeoutMs: "power off, still charged for until the launcher or `sweep` deletes them",
    minWorkers: "a smaller cluster, with a warning",
    gpu: "NVIDIA's, for the scheduler or group whose size has them",
    arm: "the image follows the size",
    ipv6: {
      only: "not available on this cloud: refused before anything is made",
      both: "not supported",
      allowedCidrs: "in a rule of its own",
    },
  },
  schema,
};
