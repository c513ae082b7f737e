import { describe, expect, test, vi } from "vitest";

import { isolatedState } from "../../support/local-state.ts";
import { anHour } from "../test-cloud.ts";
import { TestSubscription } from "./subscription.ts";

isolatedState();

describe("Attack by a same-named neighbour", () => {
  test("a scheduler's machine whose name another cluster has taken is not deleted", async () => {
    await using subscription = await TestSubscription.open();
    const first = await subscription.prepared({ name: "lab" });
    const { machines } = await first.verbs.create(first.request("scheduler", 1), anHour());
    const vm = subscription.cloud.account.vms.all[0];
    // It was removed from elsewhere, and started again there, while this computer slept.
    if (vm !== undefined) vm.plan = { ...vm.plan, tags: { ...vm.plan.tags, "cluster-id": "fedcba9876543210" } };
    vi.spyOn(Date, "now").mockReturnValue(Date.now() + 60_000);
    await first.verbs.destroy(machines, anHour());
    vi.restoreAllMocks();
    expect(subscription.cloud.calls.operations()).not.toContain("VirtualMachines_Delete");
    if (vm !== undefined) vm.plan = { ...vm.plan, tags: { ...vm.plan.tags, "cluster-id": first.id ?? "" } };
  });
});
