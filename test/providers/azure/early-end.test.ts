import { expect, test } from "vitest";

import { isolatedState } from "../../support/local-state.ts";
import { FROM_HERE, TestSubscription } from "./subscription.ts";

isolatedState();

test("a scheduler that stops before its placement is seen fails the start at once, with its console output", async () => {
  await using subscription = await TestSubscription.open({ boot: "paper", listLagMs: 0 });
  const { cloud } = subscription;
  cloud.recorder.watch(({ operation }) => {
    const [scheduler] = cloud.account.vms.all;
    // It ends within a moment of its creation.
    if (operation === "VirtualMachines_Get" && scheduler?.hasPower === true) cloud.kill(scheduler.name);
    return undefined;
  });
  const cluster = subscription.cluster({ ...FROM_HERE, nWorkers: 1, security: false, startTimeoutMs: 3_600_000 });
  await expect(cluster.start()).rejects.toMatchObject({ message: expect.stringMatching(/stopped before Dask was up/) });
  expect(cloud.leftovers(cluster.name)).toEqual([]);
});
