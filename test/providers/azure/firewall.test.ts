import { expect, test } from "vitest";

import { membershipOf, securityGroupFor } from "../../../providers/azure/network/firewall.ts";
import { groupName } from "../../../providers/azure/tags/names.ts";
import { isolatedState } from "../../support/local-state.ts";
import { TestSubscription } from "./subscription.ts";

isolatedState();

const WISHES = {
  cluster: { name: "lab", id: "0123456789abcdef" },
  resourceGroup: "dask-rg",
  location: "eastus",
  tags: { creator: "dask-fleet" },
  cidrs: ["203.0.113.7/32", "2001:db8::/64"],
};

test("only two ports of the scheduler are open from outside, to IPv4 and IPv6 ranges; everything else is denied", async () => {
  await using subscription = await TestSubscription.open();
  const api = await subscription.api();
  const { securityRules = [] } = securityGroupFor(api, WISHES);
  const group = (which: "members" | "scheduler") => [
    { id: expect.stringMatching(new RegExp(`/applicationSecurityGroups/${groupName(WISHES.cluster, which)}$`)) },
  ];
  const clients = {
    access: "Allow",
    direction: "Inbound",
    protocol: "Tcp",
    sourcePortRange: "*",
    destinationPortRanges: ["8786", "8788"],
    destinationApplicationSecurityGroups: group("scheduler"),
  };
  expect(securityRules).toEqual([
    expect.objectContaining({
      name: "members",
      access: "Allow",
      sourceApplicationSecurityGroups: group("members"),
      destinationApplicationSecurityGroups: group("members"),
    }),
    { ...clients, name: "clients", priority: 1010, sourceAddressPrefixes: ["203.0.113.7/32"] },
    { ...clients, name: "clients6", priority: 1020, sourceAddressPrefixes: ["2001:db8::/64"] },
    expect.objectContaining({ name: "others", access: "Deny", priority: 4096, sourceAddressPrefix: "*" }),
  ]);
  const groups = (role: "scheduler" | "worker"): readonly (string | undefined)[] =>
    membershipOf(api, WISHES, role).groups.map((id) => id.split("-").at(-1));
  expect([groups("scheduler"), groups("worker")]).toEqual([["members", "scheduler"], ["members"]]);
});

test("a range inside another is left out: Azure refuses a rule with both", async () => {
  await using subscription = await TestSubscription.open();
  const cidrs = [
    "203.0.113.7/32",
    "10.1.0.0/16",
    "203.0.113.0/24",
    "10.0.0.0/8",
    "10.0.0.0/8",
    "2001:db8:1::/48",
    "2001:db8::/32",
  ];
  const { securityRules = [] } = securityGroupFor(await subscription.api(), { ...WISHES, cidrs });
  const sources = securityRules.flatMap(({ sourceAddressPrefixes = [] }) => sourceAddressPrefixes);
  expect(sources).toEqual(["10.0.0.0/8", "203.0.113.0/24", "2001:db8::/32"]);
});
