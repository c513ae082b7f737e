import { SimulatedEc2 } from "@dask-fleet/simulated-clouds/ec2";

import { EC2Cluster } from "../../../providers/aws/index.ts";
import { ONE_MACHINE, testSingleNode } from "../single-node.ts";

testSingleNode({
  section: "EC2",
  open: async (directory) => await new SimulatedEc2({ boot: "process", directory, bootMs: 1000 }).start(),
  make: (security) => new EC2Cluster({ ...ONE_MACHINE, security }),
  attach: async (name) => await EC2Cluster.attach(name),
  machinesOf: ({ machines }) => machines.map(({ id }) => id),
  creation: "RunInstances",
});
