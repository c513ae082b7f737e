import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import { processesOf } from "./machine-processes.ts";
import { Told } from "./told.ts";

isolatedState();

/** 10 s and three poll intervals of a local cluster. */
const TOLD_WITHIN_MS = 11_500;

async function signalScheduler(cluster: LocalCluster, signal: NodeJS.Signals): Promise<void> {
  const schedulers = (await processesOf(cluster)).filter(({ command }) => command.includes("dask_scheduler"));
  expect(schedulers.length).toBeGreaterThan(0);
  for (const { pid } of schedulers) process.kill(pid, signal);
}

test("A frozen scheduler is reported in time, delays no call beyond its deadline, and is reported again when it recovers", async () => {
  const cluster = await new LocalCluster({ ...NO_DASHBOARD, nWorkers: 1 }).start();
  const told = new Told(cluster);
  const ofSilence = (): unknown[] =>
    told.events.flatMap((event) => (event.type === "trouble" && event.kind === "silence" ? [event.change] : []));
  const since = new Date();
  await signalScheduler(cluster, "SIGSTOP");
  const frozenAt = performance.now();
  const logs = cluster.logs().catch((error: unknown) => error);
  const outcomes = Promise.allSettled([
    cluster.workers({ timeoutMs: 1000 }),
    cluster.scale(2, { timeoutMs: 1000 }),
    cluster.waitForWorkers(2, { timeoutMs: 1000 }),
  ]);
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({
      status: "rejected",
      reason: { code: expect.stringMatching(/TIMEOUT|UNREACHABLE/u) },
    });
  }
  expect(performance.now() - frozenAt).toBeLessThan(patient(5000));
  expect(await logs).toMatchObject({ code: expect.stringMatching(/TIMEOUT|UNREACHABLE/u) });
  await until("the silence to be told", () => ofSilence().length > 0, TOLD_WITHIN_MS);
  console.info(`Told ${Math.round(performance.now() - frozenAt)} ms after the scheduler was frozen`);
  const [, sinceSaid = ""] = /since (\S+): The scheduler does not answer/u.exec(cluster.describe()) ?? [];
  // The last answer came up to one and a half poll intervals before.
  expect(Math.abs(new Date(sinceSaid).getTime() - since.getTime())).toBeLessThan(patient(3500));
  expect(told.warnings.filter((warning) => warning.includes("does not answer"))).toHaveLength(1);

  await signalScheduler(cluster, "SIGCONT");
  await until("the end of the silence", () => ofSilence().at(-1) === "ended", 20_000);
  expect(cluster.describe()).not.toContain("does not answer");
  await cluster.scale(1);

  await signalScheduler(cluster, "SIGSTOP");
  const closedAt = performance.now();
  await cluster.close();
  // Dask has three seconds to say goodbye.
  expect(performance.now() - closedAt).toBeLessThan(patient(3000) + 3000);
});
