import { expect, test } from "vitest";

import { freshOci } from "./fresh-oci.ts";
import { refusal } from "./sdk.ts";

const given = freshOci();
const INVALIDATED = /^409 InvalidatedRetryToken: /u;

test("the same launch with the same token makes one instance", async () => {
  const { cloud, sdk } = given;
  const first = await sdk.launch({}, "token");
  const second = await sdk.launch({}, "token");
  expect([second.id, cloud.machines.length]).toEqual([first.id, 1]);
  await sdk.launch({}, "other");
  expect(cloud.machines).toHaveLength(2);
});

test("a token stands for one request only, and not for what is terminated", async () => {
  const { cloud, sdk } = given;
  const { id } = await sdk.launch({}, "token");
  expect(await refusal(sdk.launch({ faultDomain: "FAULT-DOMAIN-2" }, "token"))).toMatch(INVALIDATED);
  await sdk.terminate(id);
  await sdk.untilState(id, "TERMINATED");
  expect(await refusal(sdk.launch({}, "token"))).toMatch(INVALIDATED);
  expect(cloud.machines).toEqual([]);
});

test("a launch that was refused spends no token", async () => {
  const { cloud, sdk } = given;
  cloud.account.capacity = [{ instances: 0 }];
  expect(await refusal(sdk.launch({}, "token"))).toBe("500 InternalError: Out of host capacity.");
  cloud.account.capacity = [];
  await sdk.launch({ faultDomain: "FAULT-DOMAIN-2" }, "token");
  expect(cloud.machines).toHaveLength(1);
});

test("a token has 64 characters at the most", async () => {
  const { cloud, sdk } = given;
  await sdk.launch({}, "a".repeat(64));
  expect(await refusal(sdk.launch({}, "a".repeat(65)))).toMatch(/^400 InvalidParameter: .*opc-retry-token/u);
  expect(cloud.machines).toHaveLength(1);
});

test.each(["lost-reply", "error-after"] as const)(
  "after the fault %s the same launch finds its instance",
  async (fault) => {
    const { cloud, sdk } = given;
    cloud.faults.onOperation("LaunchInstance", fault);
    await refusal(sdk.launch({}, "token"));
    await sdk.launch({}, "token");
    expect([cloud.machines.length, cloud.calls.count("LaunchInstance")]).toEqual([1, 2]);
  },
);

test("security groups and networks have tokens, too", async () => {
  const { cloud, sdk } = given;
  const { compartmentId, vcnId } = sdk;
  const request = { createNetworkSecurityGroupDetails: { compartmentId, vcnId }, opcRetryToken: "token" };
  const [one, other] = [
    await sdk.network.createNetworkSecurityGroup(request),
    await sdk.network.createNetworkSecurityGroup(request),
  ];
  expect([one.networkSecurityGroup.id, cloud.account.groups.all.length]).toEqual([other.networkSecurityGroup.id, 1]);
});
