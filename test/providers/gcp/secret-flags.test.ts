import { SimulatedGcp } from "@dask-fleet/simulated-clouds/gcp";

import { testSecretFlags } from "../secret-flags.ts";

testSecretFlags({
  provider: "gcp",
  open: async (directory) => await new SimulatedGcp({ boot: "process", directory, bootMs: 1000 }).start(),
  flags: ({ endpoint }) => ["--endpoint", endpoint, `--address-service=${endpoint}/checkip`],
  secrets: () => ({ values: [], variables: [] }),
});
