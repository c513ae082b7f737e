import type {
  BlockDeviceMapping,
  InstanceMetadataOptionsRequest,
  InstanceNetworkInterfaceSpecification,
  RunInstancesRequest,
} from "@aws-sdk/client-ec2";

import { derivedUuid } from "../../../src/cloud/api/in-batches.ts";
import { hasPublicIp } from "../../../src/cloud/machines/placement.ts";
import type { AddressFamily } from "../../../src/cloud/network/address-family.ts";
import { mergedOver } from "../../../src/cloud/raw-override.ts";
import type { MachineRequest } from "../../../src/provider/machine.ts";
import type { ResolvedEc2Options } from "../options/resolved-options.ts";
import { machineTagSpecifications } from "../tags/tags.ts";
import type { Candidate } from "./candidates.ts";
import { profileOf } from "./instance-profile.ts";

export interface RunInstancesInput {
  readonly request: MachineRequest;
  readonly candidate: Candidate;
  readonly options: ResolvedEc2Options;
  readonly securityGroups: readonly string[];
  /** The address family by which clients reach the scheduler. */
  readonly clients: AddressFamily;
  /** Machines of this call. */
  readonly count: number;
  /** Which of the request's calls to this candidate. */
  readonly batch: number;
}

/** What EC2 is asked for. Pure: the same input gives the same request, its idempotency token included. */
export function runInstancesRequest(input: RunInstancesInput): RunInstancesRequest {
  const { options } = input;
  const { tags, instanceTags, volumeTags } = options;
  const { request, candidate, count } = input;
  const machine = mergedOver(machineOf(input), options.runInstances) as Partial<RunInstancesRequest>;
  return {
    ...machine,
    NetworkInterfaces: machine.NetworkInterfaces?.map((card) => ({ ...card, DeleteOnTermination: true })),
    BlockDeviceMappings: machine.BlockDeviceMappings?.map(goesWithMachine),
    // As many as there are.
    MinCount: 1,
    MaxCount: count,
    ClientToken: tokenOf(input),
    UserData: Buffer.from(request.userData).toString("base64"),
    TagSpecifications: machineTagSpecifications(request.tags, {
      tags,
      instanceTags,
      volumeTags,
      capacityType: candidate.capacityType,
    }),
  };
}

/** Also a disk that an override has added: EC2 would keep it, and charge for it. */
function goesWithMachine({ Ebs, ...rest }: BlockDeviceMapping): BlockDeviceMapping {
  return Ebs === undefined ? rest : { ...rest, Ebs: { ...Ebs, DeleteOnTermination: true } };
}

/** A request that differs in anything EC2 compares must have another token. */
function tokenOf({ request, candidate, count, batch }: RunInstancesInput): string {
  const { subnetId, instanceType, image, capacityType } = candidate;
  return derivedUuid(request.token, subnetId, instanceType, image.id, capacityType, String(batch), String(count));
}

/** The part that can be overridden. */
function machineOf(input: RunInstancesInput): Partial<RunInstancesRequest> {
  const { candidate, options } = input;
  const { image, instanceType, capacityType } = candidate;
  const { keyName, iamInstanceProfile: profile } = options;
  return {
    ImageId: image.id,
    InstanceType: instanceType as NonNullable<RunInstancesRequest["InstanceType"]>,
    // Powered off is gone: nothing that has stopped costs money.
    InstanceInitiatedShutdownBehavior: "terminate",
    MetadataOptions: metadataOptions(input),
    Monitoring: { Enabled: options.enableDetailedMonitoring },
    NetworkInterfaces: [networkCard(input)],
    BlockDeviceMappings: [
      {
        DeviceName: image.rootDevice,
        Ebs: { VolumeSize: options.diskSize, VolumeType: "gp3", Encrypted: true, DeleteOnTermination: true },
      },
    ],
    ...(keyName === undefined ? {} : { KeyName: keyName }),
    ...(profile === undefined ? {} : profileOf(profile)),
    ...(capacityType === "spot"
      ? {
          InstanceMarketOptions: {
            MarketType: "spot",
            SpotOptions: { SpotInstanceType: "one-time", InstanceInterruptionBehavior: "terminate" },
          },
        }
      : {}),
  };
}

/** Without IPv4, the metadata service is at fd00:ec2::254. */
function metadataOptions({ candidate }: RunInstancesInput): InstanceMetadataOptionsRequest {
  return {
    HttpEndpoint: "enabled",
    HttpTokens: "required",
    // One hop reaches the Dask node, whose container uses the machine's own network, and no container behind another.
    HttpPutResponseHopLimit: 1,
    ...(candidate.stack === "ipv6" ? { HttpProtocolIpv6: "enabled" } : {}),
  };
}

function networkCard(input: RunInstancesInput): InstanceNetworkInterfaceSpecification {
  const { request, candidate, options, securityGroups, clients } = input;
  const isScheduler = request.role === "scheduler";
  const isPublic = hasPublicIp(request.role, options);
  const wantsIpv6 = candidate.stack === "ipv6" || (candidate.stack === "dual" && isScheduler && clients === 6);
  return {
    DeviceIndex: 0,
    SubnetId: candidate.subnetId,
    Groups: [...securityGroups],
    // A public address is an IPv4 address' companion.
    ...(candidate.stack === "ipv6" ? {} : { AssociatePublicIpAddress: isPublic }),
    // Not every subnet gives one to all its machines.
    ...(wantsIpv6 ? { Ipv6AddressCount: 1 } : {}),
    DeleteOnTermination: true,
  };
}
