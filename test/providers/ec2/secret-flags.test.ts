import { SimulatedEc2 } from "@dask-fleet/simulated-clouds/ec2";

import { testSecretFlags } from "../secret-flags.ts";

testSecretFlags({
  provider: "ec2",
  open: async (directory) => await new SimulatedEc2({ boot: "process", directory, bootMs: 1000 }).start(),
  flags: ({ endpoint, region }) => ["--region", region, `--address-service=${endpoint}/checkip`],
  secrets: () => ({ values: [], variables: ["AWS_REGION"] }),
});
