import type * as Compute from "@azure/arm-compute";
import type * as Network from "@azure/arm-network";
import type * as Identity from "@azure/identity";

import { sdkFailure } from "../../../src/cloud/errors/sdk-failure.ts";

const CLUSTER = "AzureVMCluster";
/** What a user needs besides credentials of their own: told together, for one command to install all. */
const PACKAGES = ["@azure/arm-compute", "@azure/arm-network", "@azure/identity"] as const;

/** @throws DaskFleetError `SDK_MISSING` */
export async function loadCompute(): Promise<typeof Compute> {
  try {
    return await import("@azure/arm-compute");
  } catch (cause) {
    throw sdkFailure(CLUSTER, "@azure/arm-compute", cause, PACKAGES);
  }
}

/** @throws DaskFleetError `SDK_MISSING` */
export async function loadNetwork(): Promise<typeof Network> {
  try {
    return await import("@azure/arm-network");
  } catch (cause) {
    throw sdkFailure(CLUSTER, "@azure/arm-network", cause, PACKAGES);
  }
}

/** @throws DaskFleetError `SDK_MISSING` */
export async function loadIdentity(): Promise<typeof Identity> {
  try {
    return await import("@azure/identity");
  } catch (cause) {
    throw sdkFailure(CLUSTER, "@azure/identity", cause);
  }
}
