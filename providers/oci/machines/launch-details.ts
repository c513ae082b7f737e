import { derivedUuid } from "../../../src/cloud/api/in-batches.ts";
import { hasPublicIp } from "../../../src/cloud/machines/placement.ts";
import { mergedOver } from "../../../src/cloud/raw-override.ts";
import type { MachineRequest } from "../../../src/provider/machine.ts";
import type { LaunchDetails } from "../api/sdk.ts";
import type { ResolvedOciOptions } from "../options/resolved-options.ts";
import { displayNameOf, tagsOf } from "../tags/tags.ts";
import type { Candidate } from "./candidates.ts";

/** OCI takes 32,000 bytes of metadata, in which user data is in base64. Room for SSH keys and the user's own is left. */
export const USER_DATA_LIMIT_BYTES = 20_000;

export interface LaunchRequestInput {
  readonly request: MachineRequest;
  readonly candidate: Candidate;
  readonly compartmentId: string;
  /** The cluster's, overridden by the group's. */
  readonly options: ResolvedOciOptions;
  readonly nsgIds: readonly string[];
  /** Which of the request's machines. */
  readonly nth: number;
}

/** What OCI is asked for. Pure: the same input gives the same request, its retry token included. */
export function launchRequest(input: LaunchRequestInput): {
  readonly launchInstanceDetails: LaunchDetails;
  readonly opcRetryToken: string;
} {
  const { request, candidate, options, nth } = input;
  const own = mergedOver(detailsOf(input), options.launchInstance) as LaunchDetails;
  const [unique = ""] = derivedUuid(request.token, String(nth)).split("-");
  return {
    launchInstanceDetails: { ...own, displayName: `${displayNameOf(request.tags)}-${unique}` },
    opcRetryToken: tokenOf(candidate, input),
  };
}

/** A request that differs in anything must have another token: OCI refuses one that it knows for something else. */
function tokenOf(candidate: Candidate, { request, nsgIds, nth }: LaunchRequestInput): string {
  const { shape, config, imageId, availabilityDomain, faultDomain = "", subnetId, capacityType } = candidate;
  const size = config === undefined ? "" : `${config.ocpus} ${config.memoryInGBs}`;
  const where = [availabilityDomain, faultDomain, subnetId, ...nsgIds];
  return derivedUuid(request.token, String(nth), shape, size, imageId, capacityType, ...where);
}

/** The part that can be overridden. */
function detailsOf({ request, candidate, compartmentId, options, nsgIds }: LaunchRequestInput): Partial<LaunchDetails> {
  const { availabilityDomain, faultDomain, shape, config, imageId, subnetId, capacityType } = candidate;
  const { diskSize: bootVolumeSizeInGBs, sshAuthorizedKeys } = options;
  const { role, tags, userData } = request;
  const tagged = tagsOf(tags, options);
  return {
    compartmentId,
    availabilityDomain,
    ...(faultDomain === undefined ? {} : { faultDomain }),
    shape,
    ...(config === undefined ? {} : { shapeConfig: { ...config } }),
    sourceDetails: { sourceType: "image", imageId, bootVolumeSizeInGBs },
    createVnicDetails: { subnetId, nsgIds: [...nsgIds], assignPublicIp: hasPublicIp(role, options), ...tagged },
    metadata: {
      user_data: Buffer.from(userData).toString("base64"),
      ...(sshAuthorizedKeys.length === 0 ? {} : { ssh_authorized_keys: sshAuthorizedKeys.join("\n") }),
    },
    ...tagged,
    isPvEncryptionInTransitEnabled: true,
    // Version 2 of the metadata service wants a header that a fooled proxy does not send.
    instanceOptions: { areLegacyImdsEndpointsDisabled: true },
    // What fails is replaced, and a machine that comes back by itself would not know its cluster.
    availabilityConfig: { recoveryAction: "STOP_INSTANCE" } as NonNullable<LaunchDetails["availabilityConfig"]>,
    ...(capacityType === "spot"
      ? { preemptibleInstanceConfig: { preemptionAction: { type: "TERMINATE", preserveBootVolume: false } } }
      : {}),
  };
}
