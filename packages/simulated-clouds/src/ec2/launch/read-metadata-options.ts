import type { InstanceMetadataOptionsRequest, InstanceMetadataOptionsResponse } from "@aws-sdk/client-ec2";

import type { Ec2Image } from "../catalogue/images.ts";
import { invalidValue } from "../errors.ts";

const MOST_HOPS = 64;

/** How the machine's metadata service shall be, with the defaults of the image. */
export function readMetadataOptions(
  options: InstanceMetadataOptionsRequest = {},
  { imdsV2 }: Ec2Image,
): Omit<InstanceMetadataOptionsResponse, "State"> {
  const { HttpPutResponseHopLimit: hops = imdsV2 ? 2 : 1 } = options;
  if (!Number.isInteger(hops) || hops < 1 || hops > MOST_HOPS) {
    throw invalidValue(
      `Value (${hops}) for parameter HttpPutResponseHopLimit is invalid. Must be between 1 and ${MOST_HOPS}.`,
    );
  }
  return {
    HttpPutResponseHopLimit: hops,
    HttpTokens: oneOf("HttpTokens", options.HttpTokens ?? (imdsV2 ? "required" : "optional"), ["required", "optional"]),
    HttpEndpoint: enabled("HttpEndpoint", options.HttpEndpoint ?? "enabled"),
    HttpProtocolIpv6: enabled("HttpProtocolIpv6", options.HttpProtocolIpv6 ?? "disabled"),
    InstanceMetadataTags: enabled("InstanceMetadataTags", options.InstanceMetadataTags ?? "disabled"),
  };
}

function enabled<T extends string>(name: string, value: T): T {
  return oneOf(name, value, ["enabled", "disabled"]);
}

function oneOf<T extends string>(name: string, value: T, allowed: readonly string[]): T {
  if (!allowed.includes(value)) throw invalidValue(`Value (${value}) for parameter ${name} is invalid.`);
  return value;
}
