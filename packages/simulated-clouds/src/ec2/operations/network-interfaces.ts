import type { DescribeNetworkInterfacesRequest, DescribeNetworkInterfacesResult } from "@aws-sdk/client-ec2";

import { ACCOUNT_ID, type Account } from "../state/account.ts";
import { macAddress, privateDnsName } from "../state/names.ts";
import type { NetworkInterface } from "../state/network-interface.ts";
import { tagList } from "../state/tag-rules.ts";
import type { Call } from "./call.ts";
import { type FilterTable, filteredWithTags } from "./filters.ts";
import { groupIdentifiers } from "./instance-view.ts";
import { pageOf } from "./paging.ts";

function filtersOf(account: Account): FilterTable<NetworkInterface> {
  return {
    "addresses.private-ip-address": ({ privateAddress }) => privateAddress,
    "association.public-ip": (card) => publicAddressOf(account, card),
    "attachment.instance-id": ({ instanceId }) => instanceId,
    "attachment.status": ({ instanceId }) => (instanceId === undefined ? undefined : "attached"),
    "availability-zone": ({ subnet }) => subnet.zone.name,
    description: ({ description }) => description,
    "group-id": ({ groupIds }) => groupIds,
    "group-name": ({ groupIds }) => groupIdentifiers(account, groupIds).flatMap(({ GroupName: name }) => name ?? []),
    "network-interface-id": ({ id }) => id,
    "private-ip-address": ({ privateAddress }) => privateAddress,
    status: (card) => statusOf(card),
    "subnet-id": ({ subnet }) => subnet.id,
    "vpc-id": ({ subnet }) => subnet.vpc.id,
  };
}

export function describeNetworkInterfaces(
  call: Call<DescribeNetworkInterfacesRequest>,
): DescribeNetworkInterfacesResult {
  const { account, input } = call;
  void input.IncludeManagedResources;
  const ids = input.NetworkInterfaceIds;
  const named = ids === undefined ? account.interfaces.visible : account.interfaces.demand(ids);
  const page = pageOf(call, filteredWithTags(named, input.Filters, filtersOf(account)), {
    named: { parameter: "networkInterfaceIdsSet", ids },
  });
  return {
    NetworkInterfaces: page.items.map((card) => {
      const publicAddress = publicAddressOf(account, card);
      return {
        NetworkInterfaceId: card.id,
        Association: publicAddress === undefined ? undefined : { IpOwnerId: "amazon", PublicIp: publicAddress },
        Attachment: attachmentOf(card),
        AvailabilityZone: card.subnet.zone.name,
        Description: card.description,
        Groups: groupIdentifiers(account, card.groupIds),
        InterfaceType: "interface",
        MacAddress: macAddress(card.privateAddress),
        OwnerId: ACCOUNT_ID,
        PrivateDnsName: privateDnsName(account.setting.region, card.privateAddress),
        PrivateIpAddress: card.privateAddress,
        SourceDestCheck: true,
        Status: statusOf(card),
        SubnetId: card.subnet.id,
        VpcId: card.subnet.vpc.id,
        TagSet: tagList(card.tags),
      };
    }),
    NextToken: page.NextToken,
  };
}

function attachmentOf({ id, instanceId, deleteOnTermination }: NetworkInterface) {
  if (instanceId === undefined) return undefined;
  return {
    AttachmentId: id.replace("eni-", "eni-attach-"),
    InstanceId: instanceId,
    InstanceOwnerId: ACCOUNT_ID,
    DeviceIndex: 0,
    DeleteOnTermination: deleteOnTermination,
    Status: "attached" as const,
  };
}

function publicAddressOf(account: Account, { instanceId }: NetworkInterface): string | undefined {
  return account.instances.get(instanceId ?? "")?.publicAddressShown;
}

function statusOf({ instanceId }: NetworkInterface): "in-use" | "available" {
  return instanceId === undefined ? "available" : "in-use";
}
