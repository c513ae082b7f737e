import type { models } from "oci-core";
import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { freshOci } from "./fresh-oci.ts";
import { refusal } from "./sdk.ts";

const given = freshOci();
const PORT = 8786;
/** The launcher, which is a member of the first VCN as well. */
const HOME = "127.0.0.1";
const INTERNET = "198.51.100.7";

type Rule = models.AddSecurityRuleDetails;

function rule(more: Partial<Rule>): Rule {
  const tcpOptions = { destinationPortRange: { min: PORT, max: PORT } };
  return { direction: "INGRESS" as never, protocol: "6", tcpOptions, ...more };
}

async function launchIn(nsgIds: string[], subnetId = given.cloud.publicSubnet): Promise<string> {
  return (await given.sdk.launch({ createVnicDetails: { subnetId, nsgIds } })).id;
}

function admits(id: string, source: string, port = PORT): boolean {
  return given.cloud.account.instances.get(id).machine?.input.admits(source, port) === true;
}

function addressOf(id: string): string {
  return given.cloud.machines.find((machine) => machine.id === id)?.privateAddress ?? "";
}

test("without rules of a security group, only what the default security list has gets in", async () => {
  const id = await launchIn([await given.sdk.group()]);
  const other = await launchIn([]);
  expect([PORT, 22].map((port) => admits(id, HOME, port))).toEqual([false, true]);
  expect([PORT, 22].map((port) => admits(id, addressOf(other), port))).toEqual([false, true]);
});

test("a rule lets in its range or its group, at its ports", async () => {
  const { sdk } = given;
  const [servers, clients] = [await sdk.group(), await sdk.group()];
  await sdk.addRules(servers, [
    rule({ source: `${HOME}/32` }),
    rule({ source: clients, sourceType: "NETWORK_SECURITY_GROUP" as never }),
  ]);
  const [server, client, other] = [await launchIn([servers]), await launchIn([clients]), await launchIn([])];
  expect([HOME, "198.51.100.1", addressOf(client), addressOf(other)].map((source) => admits(server, source))).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(admits(server, HOME, PORT + 1)).toBe(false);
  const [first] = (await sdk.network.listNetworkSecurityGroupSecurityRules({ networkSecurityGroupId: servers })).items;
  await sdk.network.removeNetworkSecurityGroupSecurityRules({
    networkSecurityGroupId: servers,
    removeNetworkSecurityGroupSecurityRulesDetails: { securityRuleIds: [first?.id ?? ""] },
  });
  expect(admits(server, HOME)).toBe(false);
});

test("a VNIC that no egress rule lets out reaches nobody", async () => {
  const { cloud, sdk } = given;
  const group = await sdk.group();
  await sdk.addRules(group, [rule({ source: cloud.account.vcns.all[0]?.cidrBlocks[0] ?? "" })]);
  const [one, other] = [await launchIn([group]), await launchIn([group])];
  expect(admits(one, addressOf(other))).toBe(true);
  const [list] = (await sdk.network.listSecurityLists({ compartmentId: sdk.compartmentId })).items;
  const request = { securityListId: list?.id ?? "", updateSecurityListDetails: { egressSecurityRules: [] } };
  await sdk.network.updateSecurityList(request);
  expect(admits(one, addressOf(other))).toBe(false);
  await sdk.addRules(group, [
    {
      direction: "EGRESS" as never,
      protocol: "all",
      destination: group,
      destinationType: "NETWORK_SECURITY_GROUP" as never,
    },
  ]);
  expect(admits(one, addressOf(other))).toBe(true);
});

test("the internet reaches a subnet that has a route to a gateway", async () => {
  const { cloud, sdk } = given;
  const { compartmentId } = sdk;
  const group = await sdk.group();
  await sdk.addRules(group, [rule({ source: "0.0.0.0/0" })]);
  const id = await launchIn([group]);
  expect([admits(id, INTERNET), admits(await launchIn([group], cloud.privateSubnet), INTERNET)]).toEqual([true, false]);
  const [table] = (await sdk.network.listRouteTables({ compartmentId })).items;
  await sdk.network.updateRouteTable({ rtId: table?.id ?? "", updateRouteTableDetails: { routeRules: [] } });
  expect(admits(id, INTERNET)).toBe(false);
});

test("a network of one's own takes instances, whose addresses its ranges stand for", async () => {
  const { cloud, sdk } = given;
  const { network, compartmentId } = sdk;
  const { vcn } = await network.createVcn({ createVcnDetails: { compartmentId, cidrBlocks: ["10.0.0.0/16"] } });
  const { subnet } = await network.createSubnet({
    createSubnetDetails: { compartmentId, vcnId: vcn.id, cidrBlock: "10.0.1.0/24" },
  });
  const group = await sdk.group(vcn.id);
  await sdk.addRules(group, [rule({ source: "10.0.0.0/16" })]);
  const [one, other] = [await launchIn([group], subnet.id), await launchIn([group], subnet.id)];
  expect(admits(one, addressOf(other))).toBe(true);
  const stranger = await launchIn([]);
  expect([admits(one, HOME), admits(one, addressOf(stranger))]).toEqual([false, false]);
  expect(await refusal(launchIn([group]))).toMatch(/^400 InvalidParameter: .*is not in the VCN of subnet/u);
  expect(await refusal(network.deleteVcn({ vcnId: vcn.id }))).toMatch(/^409 Conflict: .*is associated with Subnet/u);
  expect(await refusal(network.deleteSubnet({ subnetId: subnet.id }))).toMatch(/^409 Conflict: .*references the VNIC/u);
  for (const id of [one, other]) await sdk.terminate(id);
  await until("the VNICs to be gone", () => cloud.account.heldVnics.length === 1);
  await network.deleteSubnet({ subnetId: subnet.id });
  await network.deleteNetworkSecurityGroup({ networkSecurityGroupId: group });
  await network.deleteVcn({ vcnId: vcn.id });
  expect(cloud.account.securityLists.all).toHaveLength(1);
});

test("a security group is in use until a while after its last instance is TERMINATED", async () => {
  const { sdk } = given;
  const networkSecurityGroupId = await sdk.group();
  const id = await launchIn([networkSecurityGroupId]);
  const deletion = async (): Promise<unknown> =>
    await sdk.network.deleteNetworkSecurityGroup({ networkSecurityGroupId });
  expect(await refusal(deletion())).toBe(
    `412 PreconditionFailed: NetworkSecurityGroup ${networkSecurityGroupId} cannot be deleted since it still has vnics attached to it`,
  );
  await sdk.terminate(id);
  await until("the group to be gone", async () => {
    return await deletion().then(
      () => true,
      () => false,
    );
  });
});

test.each<[string, Partial<Rule>, RegExp]>([
  ["a protocol by its name", { protocol: "tcp" }, /Invalid protocol/u],
  ["ports of another protocol", { protocol: "17" }, /tcpOptions need the protocol 6/u],
  ["no source", { source: undefined as never }, /source may not be null/u],
  ["a destination", { destination: "0.0.0.0/0" }, /Only source is allowed/u],
  ["an address for a range", { source: HOME }, /Invalid CIDR/u],
  ["a range that begins elsewhere", { source: "10.0.0.1/24" }, /Invalid CIDR/u],
  ["no port", { tcpOptions: { destinationPortRange: { min: 0, max: 1 } } }, /Invalid port range/u],
  ["a long description", { description: "a".repeat(256) }, /at most 255/u],
])("a rule with %s is refused", async (_what, more, words) => {
  const { cloud, sdk } = given;
  const group = await sdk.group();
  const said = await refusal(sdk.addRules(group, [rule({ source: "0.0.0.0/0", ...more })]));
  expect(said).toMatch(/^400 InvalidParameter: /u);
  expect(said).toMatch(words);
  expect(cloud.account.groups.get(group).rules).toEqual([]);
});

test("a call adds 25 rules at the most, and a group has 120", async () => {
  const { cloud, sdk } = given;
  const group = await sdk.group();
  const rules = Array.from({ length: 24 }, () => rule({ source: "0.0.0.0/0" }));
  expect(await refusal(sdk.addRules(group, [...rules, ...rules]))).toMatch(
    /^400 InvalidParameter: .*between 1 and 25/u,
  );
  for (let nth = 0; nth < 5; nth++) await sdk.addRules(group, rules);
  expect(await refusal(sdk.addRules(group, rules.slice(0, 1)))).toMatch(/^400 LimitExceeded: /u);
  expect(cloud.account.groups.get(group).rules).toHaveLength(120);
});

test("a rule whose group is deleted is no longer valid", async () => {
  const { sdk } = given;
  const [group, peer] = [await sdk.group(), await sdk.group()];
  await sdk.addRules(group, [rule({ source: peer, sourceType: "NETWORK_SECURITY_GROUP" as never })]);
  await sdk.network.deleteNetworkSecurityGroup({ networkSecurityGroupId: peer });
  const { items } = await sdk.network.listNetworkSecurityGroupSecurityRules({ networkSecurityGroupId: group });
  expect(items.map(({ isValid }) => isValid)).toEqual([false]);
});

test.each([
  ["outside its VCN", "10.0.0.0/24", /is not in the CIDR of VCN/u],
  ["that is too small", "127.0.0.0/31", /must be between/u],
  ["that is none", "lab", /Invalid CIDR/u],
])("a subnet with a range %s is refused", async (_what, cidrBlock, words) => {
  const { network, compartmentId, vcnId } = given.sdk;
  const createSubnetDetails = { compartmentId, vcnId, cidrBlock };
  const said = await refusal(network.createSubnet({ createSubnetDetails }));
  expect(said).toMatch(/^400 InvalidParameter: /u);
  expect(said).toMatch(words);
});
