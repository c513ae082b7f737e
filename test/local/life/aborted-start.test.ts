import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import type { Phase } from "../../../src/progress.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";

isolatedState();

test.each<Phase>(["certificates", "prepare", "scheduler machine", "worker machines", "scheduler up", "workers joined"])(
  "An abort at the phase `%s` rejects the start with the caller's reason",
  async (phase) => {
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const cluster = new LocalCluster({ ...NO_DASHBOARD, nWorkers: 1 });
    cluster.onProgress((event) => {
      if (event.type === "phase-started" && event.phase === phase) controller.abort(reason);
    });
    await expect(cluster.start({ signal: controller.signal })).rejects.toBe(reason);
    expect(cluster.state).toBe("failed");
  },
);

test("An abort before the start changes nothing, and the cluster can start later", async () => {
  const cluster = new LocalCluster(NO_DASHBOARD);
  await expect(cluster.start({ signal: AbortSignal.abort("not yet") })).rejects.toBe("not yet");
  expect(cluster.state).toBe("new");
  await cluster.start();
  await cluster.close();
});
