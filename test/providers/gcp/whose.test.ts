import { describe, expect, test, vi } from "vitest";

import { isolatedState } from "../../support/local-state.ts";
import { anHour, TestProject } from "./project.ts";

isolatedState();

describe("Attack by a same-named neighbour", () => {
  test("a scheduler's machine whose name another cluster has taken is not deleted", async () => {
    await using project = await TestProject.open({ listLagMs: 0 });
    const first = await project.cluster({ name: "lab" }).prepared();
    const { machines } = await first.verbs.create(first.request("scheduler", 1), anHour());
    expect(machines.map(({ id }) => id)).toEqual(["us-east1-c/lab-scheduler"]);
    const vm = project.cloud.account.vms.all[0];
    // It was removed from elsewhere, and started again there, while this computer slept.
    if (vm !== undefined) vm.labels = { ...vm.labels, "cluster-id": "fedcba9876543210" };
    vi.spyOn(Date, "now").mockReturnValue(Date.now() + 60_000);
    await first.verbs.destroy(machines, anHour());
    vi.restoreAllMocks();
    expect(project.mutations).not.toContain("instances.delete");
  });
});
