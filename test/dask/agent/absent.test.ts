import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, expect, test } from "vitest";

import { Calls } from "../../../src/access/calls/calls.ts";
import { moveDeadline } from "../../../src/dask/agent/ends.ts";
import { MembershipWatcher } from "../../../src/dask/agent/membership-watcher.ts";
import { metricsText } from "../../../src/dask/agent/metrics.ts";
import { renewalStatus } from "../../../src/dask/agent/renewal.ts";
import { withAgent } from "../../../src/dask/agent/with-agent.ts";
import type { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { until } from "../../support/until.ts";
import { all } from "../calls/all.ts";
import { DaskProcesses } from "../client/dask-processes.ts";
import { LOADER, connectWithAgent, daskWithLoader } from "./agent-dask.ts";
import { Submitter, firstLine } from "./job-dask.ts";

const WORK = fileURLToPath(new URL("../calls/work.py", import.meta.url));

/** Joins as a worker whose image or module replaced its preloads. */
const BARE = { DASK_DISTRIBUTED__WORKER__PRELOAD: "[]" };

const opened: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.stop()));
});

/** Whether the workers are told, and why not. */
function watch(client: SchedulerClient): { readonly watcher: MembershipWatcher; readonly unable: readonly string[] } {
  const unable: string[] = [];
  const watcher = new MembershipWatcher({
    link: () => client,
    look: () => client.overview(),
    waitMs: 1000,
    onAnswer: () => undefined,
    onChange: () => undefined,
    onEvent: () => undefined,
    onUnable: (reason) => unable.push(reason),
  });
  opened.push(watcher);
  return { watcher, unable };
}

/** What users ask for, as the cluster's methods do. */
function questions(client: SchedulerClient, here: Submitter): Readonly<Record<string, () => Promise<unknown>>> {
  return {
    "submit()": () => here.python("pass"),
    "jobs()": () => here.jobs.list(),
    "job()": () => here.jobs.find("one"),
    "metrics()": () => withAgent("metrics()", () => metricsText(client)),
    "setDeadline()": () => withAgent("setDeadline()", () => moveDeadline(client, undefined)),
  };
}

test("Where the agent is not, each question is refused at once with what to do, and workers are asked for as before", async () => {
  await using dask = await DaskProcesses.start("127.83.22.1", {});
  await using client = await connectWithAgent(dask);
  await using here = await Submitter.open(client);
  expect(client.installed).toBeUndefined();
  for (const [what, ask] of Object.entries(questions(client, here))) {
    const refusal = {
      code: "WRONG_STATE",
      message: expect.stringMatching(/agent must run on the scheduler.*cluster\.run\(\)/u),
    };
    await expect(ask(), what).rejects.toMatchObject(refusal);
  }
  await expect(renewalStatus(client)).rejects.toThrow("dask-fleet's agent");
  const { watcher, unable } = watch(client);
  await until("the reason", () => unable.length > 0);
  expect(unable).toEqual([expect.stringContaining("dask-fleet's agent")]);
  expect(watcher.current).toBeUndefined();
  expect(await client.demand()).toMatchObject({ workers: 0 });
});

test("Operations that Dask's configuration forbids say so at once; the others work", async () => {
  const blocked = [
    "watch",
    "demand",
    "job_missing",
    "job_list",
    "job_wait",
    "metrics",
    "deadline",
    "calls_open",
    "calls_put",
  ];
  await using dask = await daskWithLoader("127.83.22.2", {
    DASK_DISTRIBUTED__SCHEDULER__BLOCKED_HANDLERS: JSON.stringify(blocked.map((name) => `fleet_${name}`)),
  });
  await using client = await connectWithAgent(dask);
  await using here = await Submitter.open(client);
  expect(client.installed).toEqual({ failed: {} });
  const calls = new Calls({ link: () => client });
  const asked = {
    ...questions(client, here),
    "call()": () => calls.call("operator:add", [1, 2], {}),
    "map()": () => all(calls.map("operator:neg", [1], {})),
    "upload()": () => calls.upload([LOADER], undefined),
  };
  for (const [what, ask] of Object.entries(asked)) {
    const refusal = {
      code: "REMOTE_ERROR",
      message: expect.stringContaining("distributed.scheduler.blocked-handlers"),
    };
    await expect(ask(), what).rejects.toMatchObject(refusal);
  }
  await calls.close();
  const { watcher, unable } = watch(client);
  await until("the reason", () => unable.length > 0);
  expect(unable).toEqual([expect.stringContaining("take fleet_watch out of")]);
  expect(watcher.current).toBeUndefined();
  // Adaptive clusters go on with Dask's own target.
  expect(await client.demand()).toMatchObject({ workers: 0 });
});

test("Calls and jobs go to workers with the agent; where none has it, they say so", async () => {
  await using dask = await daskWithLoader("127.83.22.3");
  await using client = await connectWithAgent(dask);
  await using here = await Submitter.open(client);
  const calls = new Calls({ link: () => client });
  const lonely = calls.call("operator:add", [1, 2], {});
  lonely.catch(() => undefined);
  await until("the call to wait", async () => (await metricsText(client)).includes("dask_scheduler_tasks"));
  await dask.addWorker("bare", ["--no-nanny"], BARE);
  await expect(here.python("pass", { on: "worker" })).rejects.toThrow("1 of them without dask-fleet's agent");
  await expect(lonely).rejects.toThrow("none of the 1 workers has dask-fleet's agent");

  await dask.addWorker("whole", ["--no-nanny"]);
  const inputs = Array.from({ length: 50 }, (_, index) => index);
  const found = await all(calls.map("operator:neg", inputs, { batchSize: 1, ordered: true }));
  expect(found.map(({ value }) => value)).toEqual(inputs.map((each) => 0 - each));
  const job = await here.python("print('up', flush=True)", { on: "worker" });
  expect([await firstLine(job), (await job.status()).worker]).toEqual(["up", "whole"]);

  // Chosen workers that are gone do not hold their calls for ever.
  await calls.upload([WORK], undefined);
  const path = join(dask.directory, "calls");
  await mkdir(path);
  const moved = calls.call("work:dies_at_first", [path], {});
  await until("the worker to be gone", async () => (await client.workers()).length === 1);
  await dask.addWorker("next", ["--no-nanny"]);
  expect(await moved).toBe("survived");
  await calls.close();
});
