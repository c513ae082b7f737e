import { SimulatedDigitalOcean } from "@dask-fleet/simulated-clouds/digitalocean";

import { DropletCluster } from "../../../providers/digitalocean/index.ts";
import { ONE_MACHINE, testSingleNode } from "../single-node.ts";

testSingleNode({
  section: "DIGITALOCEAN",
  open: async (directory) => await new SimulatedDigitalOcean({ boot: "process", directory, bootMs: 1000 }).start(),
  make: (security) => new DropletCluster({ ...ONE_MACHINE, security }),
  attach: async (name) => await DropletCluster.attach(name),
  machinesOf: ({ machines }) => machines.map(({ id }) => id),
  creation: "createDroplets",
});
