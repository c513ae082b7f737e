import { SimulatedAzure } from "@dask-fleet/simulated-clouds/azure";

import { testSecretFlags } from "../secret-flags.ts";

testSecretFlags({
  provider: "azure",
  open: async (directory) => await new SimulatedAzure({ boot: "process", directory, bootMs: 1000 }).start(),
  flags: (cloud) => {
    const {
      DASK_CLOUDPROVIDER__AZURE__LOCATION: location = "",
      DASK_CLOUDPROVIDER__AZURE__RESOURCE_GROUP: group = "",
      AZURE_SUBSCRIPTION_ID: subscription = "",
    } = cloud.environment();
    return [
      `--location=${location}`,
      `--resource-group=${group}`,
      `--subscription-id=${subscription}`,
      `--endpoint=${cloud.endpoint}`,
      `--address-service=${cloud.endpoint}/checkip`,
      `--identity-certificates=${cloud.endpoint}/pki/roots.pem`,
    ];
  },
  secrets: () => ({ values: [], variables: ["AZURE_SUBSCRIPTION_ID"] }),
});
