import { NO_PUBLIC_ADDRESSES, requiresTag } from "@dask-fleet/simulated-clouds/azure";
import { expect, test } from "vitest";

import { isolatedState } from "../../support/local-state.ts";
import { FROM_HERE, TestSubscription } from "./subscription.ts";

isolatedState();

const PAPER = { boot: "paper", listLagMs: 0 } as const;

test("`tags` are on everything; vmTags win on machines, and dask-fleet's own win over all", async () => {
  await using subscription = await TestSubscription.open(PAPER);
  subscription.cloud.policies = [requiresTag("cost-center")];
  await using cluster = await subscription
    .cluster({ ...FROM_HERE, nWorkers: 1, tags: { "cost-center": "17", team: "all" }, vmTags: { Team: "data" } })
    .start();
  const { account } = subscription.cloud;
  const networks = [...account.networks.all, ...account.securityGroups.all, ...account.applicationGroups.all];
  const ofNetwork = networks.filter(({ name }) => name.includes(cluster.name));
  expect(ofNetwork).toHaveLength(4);
  for (const thing of ofNetwork) {
    const tags = "tags" in thing ? thing.tags : {};
    expect(tags).toMatchObject({ "cost-center": "17", team: "all", "cluster-name": cluster.name });
  }
  const machines = [...account.vms.all.map(({ plan }) => plan), ...account.scaleSets.all];
  const parts = [...account.nics.all, ...account.publicAddresses.all, ...account.disks.all];
  expect([machines.length, parts.length]).toEqual([3, 6]);
  for (const { tags } of [...machines, ...parts]) {
    expect(tags).toMatchObject({ "cost-center": "17", Team: "data", creator: "dask-fleet" });
    expect(tags).not.toHaveProperty("team");
  }
  await cluster.close();
});

test.each([403, 409] as const)(
  "a policy that requires a tag fails the start at once (%d), with its name and the option",
  async (status) => {
    await using subscription = await TestSubscription.open(PAPER);
    subscription.cloud.policies = [requiresTag("cost-center", status)];
    const cluster = subscription.cluster({ ...FROM_HERE, nWorkers: 1 });
    await expect(cluster.start()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      meaning: "policy",
      message: expect.stringMatching(/Azure policy forbids it: "Require a cost-center tag on resources"\. .*`tags`/),
    });
    expect(subscription.cloud.leftovers(cluster.name)).toEqual([]);
  },
);

test("a policy against public addresses names the option that requests them", async () => {
  await using subscription = await TestSubscription.open(PAPER);
  subscription.cloud.policies = [NO_PUBLIC_ADDRESSES];
  const cluster = subscription.cluster({ ...FROM_HERE, nWorkers: 1 });
  await expect(cluster.start()).rejects.toMatchObject({
    meaning: "policy",
    message: expect.stringMatching(/"Network interfaces should not have public IPs".*`publicIp`/),
  });
  expect(subscription.cloud.leftovers(cluster.name)).toEqual([]);
});
