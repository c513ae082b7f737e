import type {
  DescribeSubnetsRequest,
  DescribeSubnetsResult,
  DescribeVpcsRequest,
  DescribeVpcsResult,
  SubnetIpv6CidrBlockAssociation,
} from "@aws-sdk/client-ec2";

import { ACCOUNT_ID } from "../state/account.ts";
import type { Ec2Subnet, Vpc } from "../state/network.ts";
import { tagList } from "../state/tag-rules.ts";
import type { Call } from "./call.ts";
import { type FilterTable, filteredWithTags } from "./filters.ts";
import { pageOf } from "./paging.ts";

const VPC_FILTERS: FilterTable<Vpc> = {
  cidr: ({ cidr }) => cidr,
  "cidr-block-association.cidr-block": ({ cidr }) => cidr,
  isDefault: ({ isDefault }) => isDefault,
  "is-default": ({ isDefault }) => isDefault,
  "owner-id": () => ACCOUNT_ID,
  state: () => "available",
  "vpc-id": ({ id }) => id,
};

export function describeVpcs(call: Call<DescribeVpcsRequest>): DescribeVpcsResult {
  const { account, input } = call;
  const named = input.VpcIds === undefined ? account.vpcs.visible : account.vpcs.demand(input.VpcIds);
  const page = pageOf(call, filteredWithTags(named, input.Filters, VPC_FILTERS), {
    named: { parameter: "vpcIdsSet", ids: input.VpcIds },
  });
  return {
    Vpcs: page.items.map(({ id, cidr, ipv6Cidr, isDefault, tags }) => ({
      VpcId: id,
      CidrBlock: cidr,
      CidrBlockAssociationSet: [
        {
          AssociationId: `vpc-cidr-assoc-${id.slice("vpc-".length)}`,
          CidrBlock: cidr,
          CidrBlockState: { State: "associated" },
        },
      ],
      Ipv6CidrBlockAssociationSet: ipv6Association(id, ipv6Cidr),
      IsDefault: isDefault,
      State: "available",
      InstanceTenancy: "default",
      OwnerId: ACCOUNT_ID,
      Tags: tagList(tags),
    })),
    NextToken: page.NextToken,
  };
}

const SUBNET_FILTERS: FilterTable<Ec2Subnet> = {
  "availability-zone": ({ zone }) => zone.name,
  availabilityZone: ({ zone }) => zone.name,
  "availability-zone-id": ({ zone }) => zone.id,
  "available-ip-address-count": ({ addresses }) => addresses.free,
  "cidr-block": ({ addresses }) => addresses.cidr,
  "default-for-az": ({ isDefault }) => isDefault,
  defaultForAz: ({ isDefault }) => isDefault,
  "ipv6-native": ({ stack }) => stack === "ipv6",
  "map-public-ip-on-launch": ({ publicByDefault }) => publicByDefault,
  "owner-id": () => ACCOUNT_ID,
  state: () => "available",
  "subnet-id": ({ id }) => id,
  "vpc-id": ({ vpc }) => vpc.id,
};

export function describeSubnets(call: Call<DescribeSubnetsRequest>): DescribeSubnetsResult {
  const { account, input } = call;
  const named = input.SubnetIds === undefined ? account.subnets.visible : account.subnets.demand(input.SubnetIds);
  const page = pageOf(call, filteredWithTags(named, input.Filters, SUBNET_FILTERS), {
    named: { parameter: "subnetIdsSet", ids: input.SubnetIds },
  });
  return {
    Subnets: page.items.map((subnet) => ({
      SubnetId: subnet.id,
      SubnetArn: `arn:aws:ec2:${account.setting.region}:${ACCOUNT_ID}:subnet/${subnet.id}`,
      VpcId: subnet.vpc.id,
      AvailabilityZone: subnet.zone.name,
      AvailabilityZoneId: subnet.zone.id,
      CidrBlock: subnet.stack === "ipv6" ? undefined : subnet.addresses.cidr,
      // It counts IPv4 addresses.
      AvailableIpAddressCount: subnet.stack === "ipv6" ? 0 : subnet.addresses.free,
      DefaultForAz: subnet.isDefault,
      MapPublicIpOnLaunch: subnet.publicByDefault,
      AssignIpv6AddressOnCreation: subnet.stack === "ipv6",
      Ipv6CidrBlockAssociationSet: ipv6Association(
        subnet.id,
        subnet.stack === "ipv4" ? undefined : subnet.vpc.ipv6Cidr,
      ),
      Ipv6Native: subnet.stack === "ipv6",
      EnableDns64: false,
      OwnerId: ACCOUNT_ID,
      State: "available",
      Tags: tagList(subnet.tags),
    })),
    NextToken: page.NextToken,
  };
}

function ipv6Association(id: string, cidr: string | undefined): SubnetIpv6CidrBlockAssociation[] {
  if (cidr === undefined) return [];
  const AssociationId = `${id.split("-")[0]}-cidr-assoc-${id.split("-")[1]}`;
  return [{ AssociationId, Ipv6CidrBlock: cidr, Ipv6CidrBlockState: { State: "associated" } }];
}
