import { SimulatedDigitalOcean } from "@dask-fleet/simulated-clouds/digitalocean";

import { DropletCluster } from "../../../providers/digitalocean/index.ts";
import { testRealDask } from "../real-dask.ts";

testRealDask({
  command: "digitalocean",
  section: "DIGITALOCEAN",
  open: async (directory) => await new SimulatedDigitalOcean({ boot: "process", directory, bootMs: 1000 }).start(),
  cluster: (options) => new DropletCluster(options),
  workersOf: ({ machines }) => machines.filter(({ name }) => name.includes("-worker-")).map(({ id }) => id),
});
