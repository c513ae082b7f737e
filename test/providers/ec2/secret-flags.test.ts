import { SimulatedEc2 } from "../../../packages/simulated-clouds/src/ec2/simulated-ec2.ts";
import { testSecretFlags } from "../secret-flags.ts";

testSecretFlags({
  provider: "ec2",
  open: async (directory) => await new SimulatedEc2({ boot: "process", directory, bootMs: 1000 }).start(),
  flags: ({ endpoint, region }) => ["--region", region, `--address-service=${endpoint}/checkip`],
  secrets: () => ({ values: [], variables: ["AWS_REGION"] }),
});
