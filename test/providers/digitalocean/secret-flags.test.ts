import { SimulatedDigitalOcean } from "@dask-fleet/simulated-clouds/digitalocean";

import { testSecretFlags } from "../secret-flags.ts";

testSecretFlags({
  provider: "digitalocean",
  open: async (directory) => await new SimulatedDigitalOcean({ boot: "process", directory, bootMs: 1000 }).start(),
  flags: ({ endpoint, tokens: [token = ""] }) => [
    `--token=${token}`,
    `--endpoint=${endpoint}`,
    `--address-service=${endpoint}/checkip`,
  ],
  secrets: ({ tokens: [token = ""] }) => ({ values: [token], variables: ["DIGITALOCEAN_TOKEN"] }),
});
