import { SimulatedAzure } from "@dask-fleet/simulated-clouds/azure";

import { AzureVMCluster } from "../../../providers/azure/index.ts";
import { testRealDask } from "../real-dask.ts";

testRealDask({
  command: "azure",
  section: "AZURE__AZUREVM",
  open: async (directory) => await new SimulatedAzure({ boot: "process", directory, bootMs: 1000 }).start(),
  cluster: (options) => new AzureVMCluster(options),
  workersOf: ({ machines }) =>
    machines.filter(({ scaleSet }) => scaleSet !== undefined).map(({ computerName }) => computerName),
});
