import type {
  DescribeInstancesRequest,
  DescribeInstancesResult,
  DescribeInstanceStatusRequest,
  DescribeInstanceStatusResult,
} from "@aws-sdk/client-ec2";

import { Violation } from "../errors.ts";
import type { Account } from "../state/account.ts";
import { type Ec2Instance, STATE_CODES } from "../state/instance.ts";
import { privateDnsName, publicDnsName } from "../state/names.ts";
import type { Call } from "./call.ts";
import { type FilterTable, filteredWithTags } from "./filters.ts";
import { pageOf } from "./paging.ts";
import { reservationView } from "./run-instances.ts";

/** Status checks take so long after an instance runs. */
const CHECKS_MS = 120_000;

function filtersOf(account: Account): FilterTable<Ec2Instance> {
  const groupsOf = ({ networkInterface }: Ec2Instance): readonly string[] => networkInterface.groupIds;
  const groupNames = (instance: Ec2Instance): string[] =>
    groupsOf(instance).flatMap((id) => account.groups.get(id)?.name ?? []);
  /** A terminated instance has no place in a network any more. */
  const there =
    (answer: (instance: Ec2Instance) => string | undefined) =>
    (instance: Ec2Instance): string | undefined =>
      instance.state === "terminated" ? undefined : answer(instance);
  const subnetId = there(({ networkInterface }) => networkInterface.subnet.id);
  const vpcId = there(({ networkInterface }) => networkInterface.subnet.vpc.id);
  const privateAddress = there(({ networkInterface }) => networkInterface.privateAddress);
  return {
    architecture: ({ plan }) => plan.image.architecture,
    "availability-zone": ({ zone }) => zone,
    "client-token": ({ plan }) => plan.clientToken ?? "",
    "dns-name": ({ publicAddressShown: address }) =>
      address === undefined ? "" : publicDnsName(account.setting.region, address),
    "image-id": ({ plan }) => plan.image.id,
    "instance-id": ({ id }) => id,
    "instance-lifecycle": ({ plan }) => (plan.spot === undefined ? undefined : "spot"),
    "instance-state-code": ({ state }) => STATE_CODES[state],
    "instance-state-name": ({ state }) => state,
    "instance-type": ({ plan }) => plan.type.name,
    "instance.group-id": groupsOf,
    "instance.group-name": groupNames,
    "ip-address": ({ publicAddressShown }) => publicAddressShown,
    "key-name": ({ plan }) => plan.keyName,
    "launch-time": ({ machine }) => new Date(machine.createdAt),
    "metadata-options.http-tokens": ({ plan }) => plan.metadata.HttpTokens,
    "network-interface.group-id": groupsOf,
    "network-interface.network-interface-id": ({ networkInterface }) => networkInterface.id,
    "network-interface.subnet-id": subnetId,
    "network-interface.vpc-id": vpcId,
    "private-dns-name": (instance) => {
      const address = privateAddress(instance);
      return address === undefined ? "" : privateDnsName(account.setting.region, address);
    },
    "private-ip-address": privateAddress,
    "reservation-id": ({ reservationId }) => reservationId,
    "root-device-type": () => "ebs",
    "spot-instance-request-id": ({ spotRequestId }) => spotRequestId,
    "state-reason-code": ({ endReason }) => endReason?.code,
    "subnet-id": subnetId,
    tenancy: () => "default",
    "vpc-id": vpcId,
  };
}

export function describeInstances(call: Call<DescribeInstancesRequest>): DescribeInstancesResult {
  const { account, input } = call;
  // None is managed by another service.
  void input.IncludeManagedResources;
  const ids = input.InstanceIds;
  const named = ids === undefined ? account.instances.visible : account.instances.demand(ids);
  const page = pageOf(call, filteredWithTags(named, input.Filters, filtersOf(account)), {
    named: { parameter: "instancesSet", ids },
  });
  const reservations = Map.groupBy(page.items, ({ reservationId }) => reservationId);
  return {
    Reservations: [...reservations.values()].map((instances) => reservationView(account, instances)),
    NextToken: page.NextToken,
  };
}

export function describeInstanceStatus(call: Call<DescribeInstanceStatusRequest>): DescribeInstanceStatusResult {
  const { account, input } = call;
  void input.IncludeManagedResources;
  const ids = input.InstanceIds;
  const named = ids === undefined ? account.instances.visible : account.instances.demand(ids);
  const shown = named.filter(({ state }) => input.IncludeAllInstances === true || state === "running");
  const page = pageOf(
    call,
    filteredWithTags(shown, checkNoTags(input.Filters), {
      "availability-zone": ({ zone }) => zone,
      "instance-state-code": ({ state }) => STATE_CODES[state],
      "instance-state-name": ({ state }) => state,
      "instance-status.status": (instance) => statusOf(account, instance),
      "system-status.status": (instance) => statusOf(account, instance),
    }),
    { named: { parameter: "instancesSet", ids } },
  );
  return {
    InstanceStatuses: page.items.map((instance) => {
      const Status = statusOf(account, instance);
      return {
        InstanceId: instance.id,
        AvailabilityZone: instance.zone,
        AvailabilityZoneId: instance.networkInterface.subnet.zone.id,
        InstanceState: { Name: instance.state, Code: STATE_CODES[instance.state] },
        InstanceStatus: { Status },
        SystemStatus: { Status },
      };
    }),
    NextToken: page.NextToken,
  };
}

/** This call, of all, knows no filters by tag. */
function checkNoTags(filters: DescribeInstanceStatusRequest["Filters"]) {
  const tag = filters?.find(({ Name: name = "" }) => name.startsWith("tag"));
  if (tag !== undefined) throw new Violation("InvalidParameterValue", `The filter '${tag.Name}' is invalid`);
  return filters;
}

function statusOf({ now }: Account, { state, machine }: Ec2Instance): "ok" | "initializing" | "not-applicable" {
  if (state !== "running") return "not-applicable";
  return now - machine.createdAt >= CHECKS_MS ? "ok" : "initializing";
}
