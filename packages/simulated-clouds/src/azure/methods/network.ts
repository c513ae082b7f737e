import { randomUUID } from "node:crypto";

import type { WireReply } from "../../core/http-cloud.ts";
import { jsonReply, resourceNotFound } from "../api-error.ts";
import { applicationGroupBody, securityGroupBody, virtualNetworkBody } from "../bodies/network.ts";
import { assertNoUse } from "../checks/in-use.ts";
import { locationOf } from "../checks/location.ts";
import { checkRules } from "../checks/security-group.ts";
import { checkTags } from "../checks/tags.ts";
import { subnetsOf } from "../checks/virtual-network.ts";
import {
  applicationGroupJson,
  nicJson,
  publicAddressJson,
  securityGroupJson,
  subnetJson,
  virtualNetworkJson,
} from "../json/network.ts";
import type { Account } from "../state/account.ts";
import { overAt } from "../state/operations.ts";
import { type Resource, resourceId, type Shelf } from "../state/shelf.ts";
import { deleteNic, deletePublicAddress } from "../state/vm-life.ts";
import { begun, type Call, type Method, pageReply, part } from "./call.ts";

export const network = {
  NetworkSecurityGroups_CreateOrUpdate: (call) => {
    const { account } = call;
    const { properties, ...body } = securityGroupBody(call.request);
    const rules = properties?.securityRules ?? [];
    return write(call, account.securityGroups, body, securityGroupJson, (common) => {
      checkRules(account, common.id, rules);
      return { ...common, rules };
    });
  },
  NetworkSecurityGroups_Get: (call) => get(call, call.account.securityGroups, securityGroupJson),
  NetworkSecurityGroups_List: (call) => list(call, call.account.securityGroups, securityGroupJson),
  NetworkSecurityGroups_Delete: (call) => remove(call, call.account.securityGroups),
  ApplicationSecurityGroups_CreateOrUpdate: (call) => {
    const body = applicationGroupBody(call.request);
    return write(call, call.account.applicationGroups, body, applicationGroupJson, (common) => ({ ...common, body }));
  },
  ApplicationSecurityGroups_Get: (call) => get(call, call.account.applicationGroups, applicationGroupJson),
  ApplicationSecurityGroups_List: (call) => list(call, call.account.applicationGroups, applicationGroupJson),
  ApplicationSecurityGroups_Delete: (call) => remove(call, call.account.applicationGroups),
  VirtualNetworks_CreateOrUpdate: (call) => {
    const { account } = call;
    const body = virtualNetworkBody(call.request);
    return write(call, account.networks, body, virtualNetworkJson, (common) => {
      const subnets = subnetsOf(account, common.id, body);
      const kept = new Set(subnets.map(({ id }) => id.toLowerCase()));
      for (const subnet of account.networks.byId(common.id)?.subnets ?? []) {
        if (!kept.has(subnet.id.toLowerCase())) assertNoUse.ofSubnet(account, subnet);
      }
      return { ...common, body, prefixes: body.properties?.addressSpace?.addressPrefixes ?? [], subnets };
    });
  },
  VirtualNetworks_Get: (call) => get(call, call.account.networks, virtualNetworkJson),
  VirtualNetworks_List: (call) => list(call, call.account.networks, virtualNetworkJson),
  VirtualNetworks_Delete: (call) => remove(call, call.account.networks),
  Subnets_List: (call) => {
    const { subnets } = call.account.networks.get(part(call, "group"), part(call, "name"));
    return pageReply(
      call,
      subnets.map((subnet) => subnetJson(call.account, subnet)),
    );
  },
  Subnets_Get: (call) => {
    const [group, name, wanted] = [part(call, "group"), part(call, "name"), part(call, "subnet")];
    const { subnets } = call.account.networks.get(group, name);
    const subnet = subnets.find((each) => each.name.toLowerCase() === wanted.toLowerCase());
    if (subnet === undefined)
      throw resourceNotFound(`Microsoft.Network/virtualNetworks/${name}/subnets/${wanted}`, group);
    return jsonReply(200, subnetJson(call.account, subnet));
  },
  NetworkInterfaces_Get: (call) => get(call, call.account.nics, nicJson),
  NetworkInterfaces_List: (call) => list(call, call.account.nics, nicJson),
  NetworkInterfaces_Delete: (call) => remove(call, call.account.nics, (account, nic) => deleteNic(account, nic)),
  PublicIPAddresses_Get: (call) => get(call, call.account.publicAddresses, publicAddressJson),
  PublicIPAddresses_List: (call) => list(call, call.account.publicAddresses, publicAddressJson),
  PublicIPAddresses_Delete: (call) =>
    remove(call, call.account.publicAddresses, (account, address) => deletePublicAddress(account, address)),
} satisfies Record<string, Method>;

type Json<Item> = (account: Account, item: Item) => object;

interface Common extends Resource {
  readonly tags: Readonly<Record<string, string>>;
  readonly readyAt: number;
  readonly etag: string;
}

function get<Item extends Resource>(call: Call, shelf: Shelf<Item>, json: Json<Item>): WireReply {
  return jsonReply(200, json(call.account, shelf.seen(part(call, "group"), part(call, "name"))));
}

function list<Item extends Resource>(call: Call, shelf: Shelf<Item>, json: Json<Item>): WireReply {
  const items = shelf.visibleIn(part(call, "group"));
  return pageReply(
    call,
    items.map((item) => json(call.account, item)),
  );
}

/** Makes something or changes it; `complete` checks what is its own. */
function write<Item extends Common>(
  call: Call,
  shelf: Shelf<Item>,
  {
    location: wanted,
    tags = {},
  }: { readonly location?: string | undefined; readonly tags?: Common["tags"] | undefined },
  json: Json<Item>,
  complete: (common: Common) => Item,
): WireReply {
  const { account } = call;
  const [group, name] = [part(call, "group"), part(call, "name")];
  const existing = shelf.find(group, name);
  const location = locationOf(shelf.type, wanted, existing);
  checkTags(tags);
  const item = complete({
    id: existing?.id ?? resourceId(group, shelf.type, name),
    group: existing?.group ?? group,
    name: existing?.name ?? name,
    location,
    tags,
    createdAt: existing?.createdAt ?? account.clock.now(),
    readyAt: account.networkReadyAt,
    etag: `W/"${randomUUID()}"`,
  });
  shelf.put(item);
  const operation = account.operations.begin({
    provider: "Microsoft.Network",
    location,
    resource: item.id,
    outcome: overAt(account.clock, item.readyAt),
    result: () => jsonReply(200, json(account, item)),
  });
  return begun(call, operation, existing === undefined ? 201 : 200, json(account, item));
}

/** Deletes an unused resource: it is gone a moment later, and unusable at once. */
function remove<Item extends Resource>(
  call: Call,
  shelf: Shelf<Item>,
  effect: (account: Account, item: Item) => void = (_account, item) => shelf.delete(item),
): WireReply {
  const { account } = call;
  const item = shelf.find(part(call, "group"), part(call, "name"));
  if (item === undefined) return { status: 204 };
  assertNoUse.of(account, item.id);
  effect(account, item);
  const operation = account.operations.begin({
    provider: "Microsoft.Network",
    location: item.location,
    resource: item.id,
    outcome: overAt(account.clock, account.networkReadyAt),
    result: () => ({ status: 204 }),
  });
  return begun(call, operation, 202);
}
