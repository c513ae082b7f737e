import { expect, test } from "vitest";

import { SimulatedAzure } from "../../src/azure/simulated-azure.ts";
import { resourceId } from "../../src/azure/state/shelf.ts";
import { freshAzure } from "./fresh-azure.ts";
import { GROUP } from "./sdk.ts";
import { type Answer, ask, network, rule, settled, type Tree, vmBody } from "./wire-client.ts";

const given = freshAzure();

const GUARD = resourceId(GROUP, "Microsoft.Network/networkSecurityGroups", "guard");
const MEMBERS = resourceId(GROUP, "Microsoft.Network/applicationSecurityGroups", "members");

async function put(path: string, properties: Tree): Promise<Answer> {
  const answer = await ask(given.cloud, "PUT", path, { location: "eastus", properties });
  if (answer.status < 300) await settled(given.cloud, answer);
  return answer;
}

async function guard(...securityRules: readonly Tree[]): Promise<Answer> {
  return await put("networkSecurityGroups/guard", { securityRules });
}

test.each<[string, readonly Tree[], string]>([
  ["a priority that is too small", [rule("a", 99)], "SecurityRuleInvalidPriority"],
  ["the same priority twice", [rule("a", 100), rule("b", 100)], "SecurityRuleConflict"],
  ["the same name twice", [rule("a", 100), rule("A", 101)], "SecurityRuleConflict"],
  ["a port that is none", [rule("a", 100, { destinationPortRange: "70000" })], "SecurityRuleInvalidPortRange"],
  ["a range backwards", [rule("a", 100, { destinationPortRange: "9-8" })], "SecurityRuleInvalidPortRange"],
  ["no port", [rule("a", 100, { destinationPortRange: undefined })], "SecurityRuleParameterInvalid"],
  ["a source that is none", [rule("a", 100, { sourceAddressPrefix: "here" })], "SecurityRuleInvalidAddressPrefix"],
  [
    "a range that begins in the middle",
    [rule("a", 100, { sourceAddressPrefix: "10.0.0.1/8" })],
    "SecurityRuleInvalidAddressPrefix",
  ],
  [
    "two kinds of source",
    [rule("a", 100, { sourceApplicationSecurityGroups: [{ id: MEMBERS }] })],
    "SecurityRuleParameterInvalid",
  ],
  [
    "an application security group that is none",
    [rule("a", 100, { sourceAddressPrefix: undefined, sourceApplicationSecurityGroups: [{ id: MEMBERS }] })],
    "InvalidResourceReference",
  ],
])("refuses rules with %s", async (_what, rules, code) => {
  expect(await guard(...rules)).toMatchObject({ status: 400, code });
  expect(given.cloud.account.securityGroups.all.map(({ name }) => name)).toEqual(["lab-nsg"]);
});

test("a priority is unique per direction", async () => {
  expect((await guard(rule("in", 100), rule("out", 100, { direction: "Outbound" }))).status).toBe(201);
});

test.each<[string, Tree, string]>([
  ["no range", {}, "InvalidParameter"],
  [
    "a subnet outside",
    { subnets: [{ name: "a", properties: { addressPrefix: "10.1.0.0/24" } }] },
    "NetcfgSubnetRangeOutsideVnet",
  ],
  [
    "subnets over each other",
    {
      subnets: [
        { name: "a", properties: { addressPrefix: "10.0.0.0/24" } },
        { name: "b", properties: { addressPrefix: "10.0.0.0/20" } },
      ],
    },
    "NetcfgSubnetRangesOverlap",
  ],
])("refuses a network with %s", async (_what, more, code) => {
  const addressSpace = code === "InvalidParameter" ? {} : { addressPrefixes: ["10.0.0.0/16"] };
  expect(await put("virtualNetworks/net", { addressSpace, ...more })).toMatchObject({ status: 400, code });
});

const admits = (index: number, source: string, port: number): boolean =>
  given.cloud.account.vms.all[index]?.machine?.input.admits(source, port) ?? false;

const address = (index: number): string => given.cloud.machines[index]?.privateAddress ?? "";

async function vm(name: string, nic: Tree = {}, ip: Tree = {}): Promise<void> {
  const answer = await ask(given.cloud, "PUT", `virtualMachines/${name}`, vmBody({ networkProfile: network(nic, ip) }));
  await settled(given.cloud, answer);
}

const INSIDE = (): string => given.cloud.account.surroundings.addresses.launcherInside;

test("without a security group only the network's members are admitted", async () => {
  await vm(
    "a",
    {},
    {
      publicIPAddressConfiguration: {
        name: "p",
        sku: { name: "Standard" },
        properties: { publicIPAllocationMethod: "Static" },
      },
    },
  );
  await vm("b");
  expect([admits(0, address(1), 8786), admits(0, INSIDE(), 8786), admits(0, "127.0.0.1", 8786)]).toEqual([
    true,
    true,
    false,
  ]);
});

test("the first matching rule wins, and the default rules come last", async () => {
  await guard(
    rule("everybody", 300, {
      sourceAddressPrefix: "Internet",
      destinationPortRange: undefined,
      destinationPortRanges: ["8787", "9000-9001"],
    }),
    rule("office", 100),
    rule("not-this-one", 90 + 110, { sourceAddressPrefix: "198.51.100.7", access: "Deny", destinationPortRange: "*" }),
    rule("udp", 400, { protocol: "Udp", sourceAddressPrefix: "*", destinationPortRange: "53" }),
    rule("out", 100, { direction: "Outbound", sourceAddressPrefix: "*", destinationPortRange: "*" }),
  );
  await vm("a", { networkSecurityGroup: { id: GUARD } });
  await vm("b");
  expect([
    admits(0, "203.0.113.9", 8786),
    admits(0, "198.51.100.1", 8786),
    admits(0, "198.51.100.1", 9001),
    admits(0, "198.51.100.7", 9001),
    admits(0, "203.0.113.9", 53),
    admits(0, address(1), 40_000),
  ]).toEqual([true, false, true, false, false, true]);
});

test("members match by application group, and both the subnet's and the interface's group must admit", async () => {
  await put("applicationSecurityGroups/members", {});
  const group = [{ id: MEMBERS }];
  await guard(
    rule("members", 100, {
      sourceAddressPrefix: undefined,
      destinationAddressPrefix: undefined,
      sourceApplicationSecurityGroups: group,
      destinationApplicationSecurityGroups: group,
      destinationPortRange: "*",
    }),
    rule("nobody-else", 4096, { sourceAddressPrefix: "*", access: "Deny", destinationPortRange: "*" }),
  );
  const lab = resourceId(GROUP, "Microsoft.Network/networkSecurityGroups", "lab-nsg");
  await put("virtualNetworks/net", {
    addressSpace: { addressPrefixes: ["10.0.0.0/16"] },
    subnets: [{ name: "s", properties: { addressPrefix: "10.0.0.0/24", networkSecurityGroup: { id: lab } } }],
  });
  const subnet = { id: `${resourceId(GROUP, "Microsoft.Network/virtualNetworks", "net")}/subnets/s` };
  const guarded = { networkSecurityGroup: { id: GUARD } };
  await vm("a", guarded, { subnet, applicationSecurityGroups: group });
  await vm("b", guarded, { subnet, applicationSecurityGroups: group });
  await vm("c", {}, { subnet });
  expect([
    admits(0, address(1), 40_000),
    admits(0, address(2), 8786),
    admits(0, INSIDE(), 8786),
    admits(2, address(0), 8786),
    // The subnet's group would admit it, but it is not a member.
    admits(0, "127.0.0.1", 8786),
    admits(2, "127.0.0.1", 8786),
    admits(2, "127.0.0.1", 22),
  ]).toEqual([true, false, false, true, false, true, false]);
  // What is in use cannot be deleted.
  for (const [path, code] of [
    ["networkSecurityGroups/guard", "InUseNetworkSecurityGroupCannotBeDeleted"],
    ["networkSecurityGroups/lab-nsg", "InUseNetworkSecurityGroupCannotBeDeleted"],
    ["applicationSecurityGroups/members", "ApplicationSecurityGroupInUse"],
    ["virtualNetworks/net", "InUseSubnetCannotBeDeleted"],
  ] as const) {
    expect(await ask(given.cloud, "DELETE", path)).toMatchObject({ status: 400, code });
  }
  // Members of one group are in one network.
  const elsewhere = await ask(
    given.cloud,
    "PUT",
    "virtualMachines/d",
    vmBody({ networkProfile: network({}, { applicationSecurityGroups: group }) }),
  );
  expect(elsewhere).toMatchObject({ status: 400, code: "ApplicationSecurityGroupNotInSameVnet" });
});

test("a range of the network matches its machines, whatever their loopback addresses", async () => {
  await put("virtualNetworks/net", {
    addressSpace: { addressPrefixes: ["10.0.0.0/16"] },
    subnets: [
      { name: "a", properties: { addressPrefix: "10.0.0.0/24" } },
      { name: "b", properties: { addressPrefix: "10.0.1.0/24" } },
    ],
  });
  await guard(
    rule("a-only", 100, { sourceAddressPrefix: "10.0.0.0/24" }),
    rule("none", 4096, { sourceAddressPrefix: "*", destinationPortRange: "*", access: "Deny" }),
  );
  const subnet = (name: string): Tree => ({
    subnet: { id: `${resourceId(GROUP, "Microsoft.Network/virtualNetworks", "net")}/subnets/${name}` },
  });
  await vm("a", { networkSecurityGroup: { id: GUARD } }, subnet("a"));
  await vm("b", {}, subnet("a"));
  await vm("c", {}, subnet("b"));
  expect([admits(0, address(1), 8786), admits(0, address(2), 8786)]).toEqual([true, false]);
});

test("a full subnet refuses another machine", async () => {
  await put("virtualNetworks/net", {
    addressSpace: { addressPrefixes: ["10.0.0.0/16"] },
    subnets: [{ name: "s", properties: { addressPrefix: "10.0.0.0/29" } }],
  });
  const subnet = { id: `${resourceId(GROUP, "Microsoft.Network/virtualNetworks", "net")}/subnets/s` };
  for (const name of ["a", "b", "c"]) await vm(name, {}, { subnet });
  const answer = await ask(
    given.cloud,
    "PUT",
    "virtualMachines/d",
    vmBody({ networkProfile: network({}, { subnet }) }),
  );
  expect(answer).toMatchObject({ status: 400, code: "SubnetIsFull" });
});

test("a resource still being written cannot be referenced", async () => {
  await using slow = await new SimulatedAzure({ throttling: false, networkMs: 1e9 }).start();
  const answer = await ask(slow, "PUT", "networkSecurityGroups/guard", { location: "eastus" });
  expect([answer.status, answer.body["properties"]]).toMatchObject([201, { provisioningState: "Updating" }]);
  const body = vmBody({ networkProfile: network({ networkSecurityGroup: { id: GUARD } }) });
  expect(await ask(slow, "PUT", "virtualMachines/a", body)).toMatchObject({
    status: 429,
    code: "RetryableError",
    body: { error: { details: [{ code: "ReferencedResourceNotProvisioned" }] } },
  });
});
