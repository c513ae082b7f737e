import type { RunInstancesRequest } from "@aws-sdk/client-ec2";

import { isPlainObject } from "../../../src/plain-object.ts";
import type { StoreIdentity } from "../../../src/provider/secrets/store-identity.ts";
import type { ResolvedEc2Options } from "../options/resolved-options.ts";

/** A profile by name, by ARN, or as EC2 writes it; `{}` is none, as in dask-cloudprovider's configuration. */
export function profileOf(
  profile: NonNullable<ResolvedEc2Options["iamInstanceProfile"]>,
): Pick<RunInstancesRequest, "IamInstanceProfile"> {
  if (typeof profile === "string")
    return { IamInstanceProfile: profile.startsWith("arn:") ? { Arn: profile } : { Name: profile } };
  return Object.keys(profile).length === 0 ? {} : { IamInstanceProfile: profile };
}

/** Who machines are to AWS. A launch template may name another profile. */
export function instanceProfileOf({
  iamInstanceProfile: profile,
  runInstances: { IamInstanceProfile: raw, LaunchTemplate: template },
}: Pick<ResolvedEc2Options, "iamInstanceProfile" | "runInstances">): StoreIdentity {
  const { Name: name, Arn: arn } = {
    ...(profile === undefined ? {} : profileOf(profile).IamInstanceProfile),
    ...(isPlainObject(raw) ? raw : {}),
  };
  const who = name ?? arn;
  if (typeof who === "string") return { who: `instance profile ${who}` };
  return template === undefined
    ? { lacks: "their machines have no instance profile. Set `iamInstanceProfile`" }
    : { who: "the instance profile of their launch template" };
}
