import { SimulatedGcp } from "@dask-fleet/simulated-clouds/gcp";

import { GCPCluster } from "../../../providers/gcp/index.ts";
import { ONE_MACHINE, testSingleNode } from "../single-node.ts";

testSingleNode({
  section: "GCP",
  open: async (directory) => await new SimulatedGcp({ boot: "process", directory, bootMs: 1000 }).start(),
  make: (security) => new GCPCluster({ machineType: "e2-highcpu-16", ...ONE_MACHINE, security }),
  attach: async (name) => await GCPCluster.attach(name),
  machinesOf: ({ machines }) => machines.map(({ name }) => name),
  creation: "instances.insert",
});
