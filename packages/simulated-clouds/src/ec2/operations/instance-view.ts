import type { GroupIdentifier, Instance, InstanceNetworkInterface } from "@aws-sdk/client-ec2";

import { ACCOUNT_ID, type Account } from "../state/account.ts";
import { type Ec2Instance, STATE_CODES } from "../state/instance.ts";
import { macAddress, privateDnsName, publicDnsName, resourceName } from "../state/names.ts";
import { tagList } from "../state/tag-rules.ts";

/** An instance as EC2 describes it now. Of a terminated one little is left. */
export function instanceView(account: Account, instance: Ec2Instance): Instance {
  const { plan, state, endReason, machine } = instance;
  // EC2 tells whole seconds.
  const launchedAt = new Date(Math.floor(machine.createdAt / 1000) * 1000);
  return {
    InstanceId: instance.id,
    ImageId: plan.image.id,
    State: { Name: state, Code: STATE_CODES[state] },
    StateReason: endReason && { Code: endReason.code, Message: endReason.message },
    StateTransitionReason: transitionReason(instance),
    InstanceType: plan.type.name as NonNullable<Instance["InstanceType"]>,
    Architecture: plan.image.architecture,
    KeyName: plan.keyName,
    AmiLaunchIndex: instance.launchIndex,
    ProductCodes: [],
    LaunchTime: launchedAt,
    Placement: {
      AvailabilityZone: instance.zone,
      AvailabilityZoneId: instance.networkInterface.subnet.zone.id,
      GroupName: "",
      Tenancy: "default",
    },
    Monitoring: { State: plan.monitoring ? (state === "pending" ? "pending" : "enabled") : "disabled" },
    ClientToken: plan.clientToken ?? "",
    EbsOptimized: plan.ebsOptimized,
    EnaSupport: true,
    Hypervisor: "xen",
    VirtualizationType: "hvm",
    RootDeviceType: "ebs",
    RootDeviceName: plan.image.rootDevice,
    InstanceLifecycle: plan.spot === undefined ? undefined : "spot",
    SpotInstanceRequestId: instance.spotRequestId,
    IamInstanceProfile:
      plan.profile === undefined
        ? undefined
        : { Arn: `arn:aws:iam::${ACCOUNT_ID}:instance-profile/${plan.profile}`, Id: "AIPAEXAMPLEPROFILE000" },
    MetadataOptions: { State: state === "pending" ? "pending" : "applied", ...plan.metadata },
    BootMode: plan.image.architecture === "arm64" ? "uefi" : "uefi-preferred",
    PlatformDetails: "Linux/UNIX",
    UsageOperation: "RunInstances",
    UsageOperationUpdateTime: launchedAt,
    Tags: tagList(instance.tags),
    ...plan.echoes,
    ...(state === "terminated" ? GONE : placeView(account, instance)),
  };
}

const GONE: Instance = {
  BlockDeviceMappings: [],
  NetworkInterfaces: [],
  SecurityGroups: [],
  PrivateDnsName: "",
  PublicDnsName: "",
};

/** The names of security groups, which an answer gives with their ids. */
export function groupIdentifiers(account: Account, ids: readonly string[]): GroupIdentifier[] {
  return ids.map((id) => ({ GroupId: id, GroupName: account.groups.get(id)?.name ?? "" }));
}

function placeView(account: Account, instance: Ec2Instance): Instance {
  const { subnet, groupIds } = instance.networkInterface;
  const { region } = account.setting;
  const publicAddress = instance.publicAddressShown;
  return {
    PrivateIpAddress: ipv4Of(instance),
    PrivateDnsName: nameOf(account, instance),
    Ipv6Address: ipv6Of(account, instance),
    PublicIpAddress: publicAddress,
    PublicDnsName: publicAddress === undefined ? "" : publicDnsName(region, publicAddress),
    SubnetId: subnet.id,
    VpcId: subnet.vpc.id,
    SourceDestCheck: true,
    SecurityGroups: groupIdentifiers(account, groupIds),
    NetworkInterfaces: [interfaceView(account, instance)],
    BlockDeviceMappings: instance.volumes.map((volume) => ({
      DeviceName: volume.plan.device,
      Ebs: {
        VolumeId: volume.id,
        Status: instance.state === "pending" ? "attaching" : "attached",
        AttachTime: volume.createdAt,
        DeleteOnTermination: volume.plan.deleteOnTermination,
      },
    })),
  };
}

function interfaceView(account: Account, instance: Ec2Instance): InstanceNetworkInterface {
  const { networkInterface: card, machine, state } = instance;
  const { region } = account.setting;
  const publicAddress = instance.publicAddressShown;
  const Association =
    publicAddress === undefined
      ? undefined
      : {
          IpOwnerId: "amazon",
          PublicIp: publicAddress,
          PublicDnsName: publicDnsName(region, publicAddress),
        };
  const PrivateDnsName = nameOf(account, instance);
  const PrivateIpAddress = ipv4Of(instance);
  const Ipv6Address = ipv6Of(account, instance);
  return {
    NetworkInterfaceId: card.id,
    Association,
    Attachment: {
      AttachmentId: card.id.replace("eni-", "eni-attach-"),
      AttachTime: new Date(machine.createdAt),
      DeleteOnTermination: card.deleteOnTermination,
      DeviceIndex: 0,
      NetworkCardIndex: 0,
      Status: state === "pending" ? "attaching" : "attached",
    },
    Description: card.description,
    Groups: groupIdentifiers(account, card.groupIds),
    InterfaceType: "interface",
    Ipv6Addresses: Ipv6Address === undefined ? [] : [{ Ipv6Address, IsPrimaryIpv6: false }],
    MacAddress: macAddress(card.privateAddress),
    OwnerId: ACCOUNT_ID,
    PrivateDnsName,
    PrivateIpAddress,
    PrivateIpAddresses:
      PrivateIpAddress === undefined ? [] : [{ Association, Primary: true, PrivateDnsName, PrivateIpAddress }],
    SourceDestCheck: true,
    Status: "in-use",
    SubnetId: card.subnet.id,
    VpcId: card.subnet.vpc.id,
  };
}

/** In an IPv6-only subnet it has none. */
function ipv4Of({ networkInterface: { subnet, privateAddress } }: Ec2Instance): string | undefined {
  return subnet.stack === "ipv6" ? undefined : privateAddress;
}

function ipv6Of(
  { now, setting: { options } }: Account,
  { networkInterface, machine }: Ec2Instance,
): string | undefined {
  return now < machine.createdAt + (options.ipv6Ms ?? 0) ? undefined : networkInterface.ipv6Address;
}

function nameOf({ setting: { region } }: Account, instance: Ec2Instance): string {
  const address = ipv4Of(instance);
  return address === undefined ? resourceName(region, instance.id) : privateDnsName(region, address);
}

function transitionReason({ endReason, machine }: Ec2Instance): string {
  if (endReason === undefined) return "";
  if (endReason.code.startsWith("Server.")) return endReason.code;
  const at = new Date(machine.goneAt ?? machine.createdAt).toISOString().replace("T", " ").slice(0, 19);
  return `User initiated (${at} GMT)`;
}
