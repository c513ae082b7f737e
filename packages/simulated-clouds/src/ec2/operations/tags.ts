import type {
  CreateTagsRequest,
  DeleteTagsRequest,
  DescribeTagsRequest,
  DescribeTagsResult,
  ResourceType,
} from "@aws-sdk/client-ec2";

import { Ec2Error, missing } from "../errors.ts";
import type { Account } from "../state/account.ts";
import type { Registry, Resource } from "../state/registry.ts";
import { addTags, checkedTags } from "../state/tag-rules.ts";
import type { Call } from "./call.ts";
import { filtered } from "./filters.ts";
import { pageOf } from "./paging.ts";

/** Everything that can have tags, by the first letters of its ids. */
function tagged(account: Account): readonly { prefix: string; type: ResourceType; registry: Registry<Resource> }[] {
  return [
    { prefix: "i", type: "instance", registry: account.instances },
    { prefix: "vol", type: "volume", registry: account.volumes },
    { prefix: "eni", type: "network-interface", registry: account.interfaces },
    { prefix: "sg", type: "security-group", registry: account.groups },
    { prefix: "sir", type: "spot-instances-request", registry: account.spotRequests },
    { prefix: "vpc", type: "vpc", registry: account.vpcs },
    { prefix: "subnet", type: "subnet", registry: account.subnets },
  ];
}

export function createTags(call: Call<CreateTagsRequest>): Record<string, never> {
  const { account, input } = call;
  const tags = checkedTags(input.Tags ?? []);
  if (tags.size === 0) throw missing("Tag");
  const resources = demandAll(account, input.Resources ?? []);
  call.begin();
  for (const resource of resources) addTags(resource.tags, tags);
  return {};
}

export function deleteTags(call: Call<DeleteTagsRequest>): Record<string, never> {
  const { account, input } = call;
  const resources = demandAll(account, input.Resources ?? []);
  call.begin();
  for (const { tags } of resources) {
    const wanted = input.Tags ?? [...tags.keys()].map((Key) => ({ Key, Value: undefined }));
    for (const { Key: key = "", Value: value } of wanted) {
      if (value === undefined || tags.get(key) === value) tags.delete(key);
    }
  }
  return {};
}

function demandAll(account: Account, ids: readonly string[]): readonly Resource[] {
  if (ids.length === 0) throw missing("resourceIdSet");
  return ids.flatMap((id) => {
    const kind = tagged(account).find(({ prefix }) => id.startsWith(`${prefix}-`));
    if (kind === undefined) throw new Ec2Error("InvalidID", `The ID '${id}' is not valid`);
    return kind.registry.demand([id], { lagging: account.lagging });
  });
}

export function describeTags(call: Call<DescribeTagsRequest>): DescribeTagsResult {
  const { account, input } = call;
  const all = tagged(account).flatMap(({ type, registry }) =>
    registry.visible.flatMap((resource) =>
      [...resource.tags].map(([key, value]) => ({
        id: `${resource.id} ${key}`,
        resourceId: resource.id,
        type,
        key,
        value,
      })),
    ),
  );
  const byKey = (input.Filters ?? []).flatMap(({ Name: name = "" }) => {
    if (!name.startsWith("tag:")) return [];
    return [[name, ({ key, value }: Shown) => (key === name.slice("tag:".length) ? value : undefined)] as const];
  });
  const shown = filtered<Shown>(all, input.Filters, {
    key: ({ key }) => key,
    "resource-id": ({ resourceId }) => resourceId,
    "resource-type": ({ type }) => type,
    value: ({ value }) => value,
    ...Object.fromEntries(byKey),
  });
  const page = pageOf(call, shown);
  return {
    Tags: page.items.map(({ resourceId, type, key, value }) => ({
      ResourceId: resourceId,
      ResourceType: type,
      Key: key,
      Value: value,
    })),
    NextToken: page.NextToken,
  };
}

interface Shown {
  readonly id: string;
  readonly resourceId: string;
  readonly type: ResourceType;
  readonly key: string;
  readonly value: string;
}
