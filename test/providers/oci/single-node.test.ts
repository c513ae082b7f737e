import { SimulatedOci } from "@dask-fleet/simulated-clouds/oci";

import { OCICluster } from "../../../providers/oci/index.ts";
import { ONE_MACHINE, testSingleNode } from "../single-node.ts";

testSingleNode({
  section: "OCI",
  open: async (directory) => await new SimulatedOci({ boot: "process", directory, bootMs: 1000 }).start(),
  make: (security) => new OCICluster({ ...ONE_MACHINE, security }),
  attach: async (name) => await OCICluster.attach(name),
  machinesOf: ({ machines }) => machines.map(({ id }) => id),
  creation: "LaunchInstance",
});
