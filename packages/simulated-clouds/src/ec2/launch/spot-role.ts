import type { RunInstancesRequest } from "@aws-sdk/client-ec2";

import { Ec2Error } from "../errors.ts";
import type { Call } from "../operations/call.ts";

/** The first spot machine of an account makes the role that EC2 needs for it, with the caller's permissions. */
export function ensureSpotRole(call: Call<RunInstancesRequest>): void {
  const { account } = call;
  if (account.spotRole) return;
  if (!call.allows("iam:CreateServiceLinkedRole")) {
    throw new Ec2Error(
      "AuthFailure.ServiceLinkedRoleCreationNotPermitted",
      "The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.",
      403,
    );
  }
  account.spotRole = true;
}
