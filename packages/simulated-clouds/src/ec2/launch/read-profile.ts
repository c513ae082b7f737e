import type { RunInstancesRequest } from "@aws-sdk/client-ec2";

import { invalidCombination, invalidValue } from "../errors.ts";
import type { Call } from "../operations/call.ts";
import { ACCOUNT_ID } from "../state/account.ts";

/** The name of the IAM instance profile that the request gives the machines. */
export function readProfile(call: Call<RunInstancesRequest>): string | undefined {
  const { Name: name, Arn: arn } = call.input.IamInstanceProfile ?? {};
  if (name === undefined && arn === undefined) return undefined;
  if (name !== undefined && arn !== undefined) {
    throw invalidCombination(
      "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
    );
  }
  const wanted = name ?? arn?.split(`arn:aws:iam::${ACCOUNT_ID}:instance-profile/`)[1] ?? "";
  if ((call.account.instanceProfiles.get(wanted) ?? Number.POSITIVE_INFINITY) > call.account.now) {
    throw invalidValue(
      name === undefined
        ? `Value (${arn}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN`
        : `Value (${name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
    );
  }
  call.needs("iam:PassRole");
  return wanted;
}
