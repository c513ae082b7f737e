import { SimulatedGcp } from "@dask-fleet/simulated-clouds/gcp";

import { GCPCluster } from "../../../providers/gcp/index.ts";
import { testRealDask } from "../real-dask.ts";

testRealDask({
  command: "gcp",
  section: "GCP",
  open: async (directory) => await new SimulatedGcp({ boot: "process", directory, bootMs: 1000 }).start(),
  cluster: (options) => new GCPCluster(options),
  workersOf: ({ machines }) => machines.filter(({ labels }) => labels["role"] === "worker").map(({ name }) => name),
});
