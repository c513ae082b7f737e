import { SimulatedEc2 } from "@dask-fleet/simulated-clouds/ec2";

import { EC2Cluster } from "../../../providers/aws/index.ts";
import { testRealDask } from "../real-dask.ts";

testRealDask({
  command: "ec2",
  section: "EC2",
  open: async (directory) => await new SimulatedEc2({ boot: "process", directory, bootMs: 1000 }).start(),
  cluster: (options) => new EC2Cluster(options),
  workersOf: ({ machines }) => machines.filter(({ tags }) => tags["role"] === "worker").map(({ id }) => id),
});
