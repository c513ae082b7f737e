import { SimulatedAzure } from "@dask-fleet/simulated-clouds/azure";

import { AzureVMCluster } from "../../../providers/azure/index.ts";
import { ONE_MACHINE, testSingleNode } from "../single-node.ts";

testSingleNode({
  section: "AZURE__AZUREVM",
  open: async (directory) => await new SimulatedAzure({ boot: "process", directory, bootMs: 1000 }).start(),
  make: (security) => new AzureVMCluster({ ...ONE_MACHINE, security }),
  attach: async (name) => await AzureVMCluster.attach(name),
  machinesOf: ({ machines }) => machines.map(({ computerName }) => computerName),
  creation: "VirtualMachines_CreateOrUpdate",
});
