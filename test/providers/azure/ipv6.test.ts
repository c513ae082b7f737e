import { expect, test } from "vitest";

import { isolatedState } from "../../support/local-state.ts";
import { FROM_HERE, json, TestSubscription } from "./subscription.ts";

isolatedState();

const CHANGES = /_(?:Create|Update|Delete)/;

test("IPv6-only clients are refused before anything is created: Azure's machines have no IPv6 address", async () => {
  await using subscription = await TestSubscription.open();
  const cluster = subscription.cluster({ ...FROM_HERE, allowedCidrs: ["2001:db8::/32"] });
  await expect(cluster.start()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(/IPv4 address only \(on Azure.*no IPv6 addresses\).*2001:db8::\/32/u),
  });
  expect(subscription.cloud.calls.operations().filter((each) => CHANGES.test(each))).toEqual([]);
});

test.each([
  ["addressPrefix", { addressPrefix: "fd00:db8::/64" }],
  ["addressPrefixes", { addressPrefixes: ["fd00:db8::/64"] }],
])("an IPv6-only subnet is refused before anything is created (%s)", async (_name, properties) => {
  await using subscription = await TestSubscription.open();
  const subnets = [{ id: "/subscriptions/x/subnets/six", name: "six", properties }];
  const addressSpace = { addressPrefixes: ["10.0.0.0/16", "fd00:db8::/48"] };
  const answer = json(200, { name: "lab-vnet", location: "eastus", properties: { addressSpace, subnets } });
  const end = subscription.instead(/^VirtualNetworks_Get$/, answer);
  const cluster = subscription.cluster({ ...FROM_HERE, vnet: "lab-vnet", subnet: "six" });
  await expect(cluster.start()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(/subnet six has IPv6 addresses only \(fd00:db8::\/64\).*needs an IPv4 address/u),
  });
  end();
  expect(subscription.cloud.calls.operations().filter((each) => CHANGES.test(each))).toEqual([]);
});
