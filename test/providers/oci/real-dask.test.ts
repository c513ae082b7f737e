import { SimulatedOci } from "@dask-fleet/simulated-clouds/oci";

import { OCICluster } from "../../../providers/oci/index.ts";
import { testRealDask } from "../real-dask.ts";

testRealDask({
  command: "oci",
  section: "OCI",
  open: async (directory) => await new SimulatedOci({ boot: "process", directory, bootMs: 1000 }).start(),
  cluster: (options) => new OCICluster(options),
  workersOf: ({ machines }) => machines.filter(({ name }) => name.includes("-worker-")).map(({ id }) => id),
});
