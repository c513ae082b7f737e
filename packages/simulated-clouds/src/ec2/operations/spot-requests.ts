import type {
  CancelSpotInstanceRequestsRequest,
  CancelSpotInstanceRequestsResult,
  DescribeSpotInstanceRequestsRequest,
  DescribeSpotInstanceRequestsResult,
  SpotInstanceRequest,
} from "@aws-sdk/client-ec2";

import { type Account } from "../state/account.ts";
import type { SpotRequest } from "../state/spot-request.ts";
import { tagList } from "../state/tag-rules.ts";
import type { Call } from "./call.ts";
import { type FilterTable, filteredWithTags } from "./filters.ts";
import { groupIdentifiers } from "./instance-view.ts";
import { pageOf } from "./paging.ts";

const FILTERS: FilterTable<SpotRequest> = {
  "create-time": ({ createdAt }) => createdAt,
  "instance-id": ({ instanceId }) => instanceId,
  "launch.image-id": ({ plan }) => plan.image.id,
  "launch.instance-type": ({ plan }) => plan.type.name,
  "launched-availability-zone": ({ zone }) => zone,
  "spot-instance-request-id": ({ id }) => id,
  "spot-price": (request) => priceOf(request),
  state: ({ state }) => state,
  "status-code": ({ status }) => status,
  type: () => "one-time",
};

export function describeSpotInstanceRequests(
  call: Call<DescribeSpotInstanceRequestsRequest>,
): DescribeSpotInstanceRequestsResult {
  const { account, input } = call;
  const ids = input.SpotInstanceRequestIds;
  const named = ids === undefined ? account.spotRequests.visible : account.spotRequests.demand(ids);
  const page = pageOf(call, filteredWithTags(named, input.Filters, FILTERS), {
    named: { parameter: "spotInstanceRequestIdsSet", ids },
  });
  return {
    SpotInstanceRequests: page.items.map((request) => requestView(account, request)),
    NextToken: page.NextToken,
  };
}

/** Cancelling a request does not end its instance. */
export function cancelSpotInstanceRequests(
  call: Call<CancelSpotInstanceRequestsRequest>,
): CancelSpotInstanceRequestsResult {
  const { account, input } = call;
  const requests = account.spotRequests.demand(input.SpotInstanceRequestIds ?? [], { lagging: account.lagging });
  call.begin();
  for (const request of requests.filter(({ state }) => state === "active")) {
    request.state = "cancelled";
    request.status = "request-canceled-and-instance-running";
  }
  return {
    CancelledSpotInstanceRequests: requests.map(({ id, state }) => ({ SpotInstanceRequestId: id, State: state })),
  };
}

function requestView(account: Account, request: SpotRequest): SpotInstanceRequest {
  const { plan } = request;
  return {
    SpotInstanceRequestId: request.id,
    InstanceId: request.instanceId,
    CreateTime: request.createdAt,
    InstanceInterruptionBehavior: "terminate",
    LaunchedAvailabilityZone: request.zone,
    LaunchSpecification: {
      ImageId: plan.image.id,
      InstanceType: plan.type.name as NonNullable<
        NonNullable<SpotInstanceRequest["LaunchSpecification"]>["InstanceType"]
      >,
      KeyName: plan.keyName,
      SecurityGroups: groupIdentifiers(
        account,
        plan.network.groups.map(({ id }) => id),
      ),
    },
    ProductDescription: "Linux/UNIX",
    SpotPrice: priceOf(request),
    State: request.state,
    Status: { Code: request.status, Message: `Your Spot request is ${request.status}.`, UpdateTime: request.createdAt },
    Type: "one-time",
    Tags: tagList(request.tags),
  };
}

function priceOf({ plan }: SpotRequest): string {
  return (plan.spot?.maxPrice ?? 0).toFixed(6);
}
