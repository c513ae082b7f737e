import { expect, test } from "vitest";

import type { EndReason } from "../../../src/cluster/handle-types.ts";
import { type EndEvidence, whyEnded } from "../../../src/cluster/scheduler/why-ended.ts";

const MACHINE = { id: "i-1", nodeName: "i-1", role: "scheduler", state: "running" } as const;
const STARTED = "dask-fleet: starting the scheduler\n";
const IDLE = "distributed.scheduler - INFO - Scheduler closing after being idle for 60.00 s\n";
const CLOSING = "distributed.scheduler - INFO - Closing scheduler. Reason:";
const NO_CONSOLE = "The cloud shows no console.";

interface Case {
  readonly state?: "stopped" | "ending" | undefined;
  readonly idleTimeoutMs?: number;
  readonly expiresAt?: Date;
  readonly since?: Date;
  readonly console: string;
}

function end({ state, idleTimeoutMs, expiresAt, since, console }: Case): ReturnType<typeof whyEnded> {
  const options = { idleTimeoutMs } as EndEvidence["spec"]["options"];
  const listed = state === undefined ? undefined : { ...MACHINE, state };
  return whyEnded({ spec: { clusterName: "c", options, expiresAt }, machine: MACHINE, listed, since, console });
}

const PAST = new Date(Date.now() - 1000);
const FUTURE = new Date(Date.now() + 3_600_000);

test.each<[string, EndReason, Case]>([
  ["reported its idle timeout", "idle-timeout", { state: "stopped", console: `${STARTED}${IDLE}${CLOSING} unknown\n` }],
  ["reported it, and its machine deleted itself", "idle-timeout", { idleTimeoutMs: 60_000, console: STARTED + IDLE }],
  [
    "exited with 0 without a log, with an idle timeout",
    "idle-timeout",
    {
      state: "stopped",
      idleTimeoutMs: 60_000,
      console: `${STARTED}dask-fleet: the scheduler ended with status 0\n`,
    },
  ],
  [
    "reported its expired lifetime",
    "lifetime",
    {
      state: "stopped",
      console: `${STARTED}dask-fleet: the lifetime is over: Dask is told to end\n${CLOSING} signal-15\n`,
    },
  ],
  ["is past its lifetime, without a console", "lifetime", { state: "stopped", expiresAt: PAST, console: NO_CONSOLE }],
  [
    "was stopped by its cloud half a minute early",
    "lifetime",
    { expiresAt: new Date(Date.now() + 30_000), console: `${STARTED}${CLOSING} signal-15\n` },
  ],
  [
    "was shut down on request",
    "shutdown",
    { state: "stopped", expiresAt: FUTURE, console: `${STARTED}${CLOSING} unknown\n` },
  ],
  [
    "exited with 0 without a log",
    "shutdown",
    {
      state: "stopped",
      console: `${STARTED}dask-fleet: the scheduler ended with status 0\n`,
    },
  ],
  ["got a signal", "removed", { state: "stopped", console: `${STARTED}${CLOSING} signal-15\n` }],
  ["is not listed", "removed", { console: "" }],
  ["is being deleted", "removed", { state: "ending", console: STARTED }],
  [
    "reported that no client was there",
    "no-client",
    {
      state: "stopped",
      idleTimeoutMs: 60_000,
      console: `${STARTED}dask-fleet: no client, launcher or job for 300 s: Dask is told to end\n${CLOSING} no-client\n`,
    },
  ],
  [
    "reported its deadline",
    "lifetime",
    {
      state: "stopped",
      console: `${STARTED}dask-fleet: the deadline has passed: Dask is told to end\n${CLOSING} deadline\n`,
    },
  ],
  ["is not listed, with a time-out of 0", "removed", { idleTimeoutMs: 0, console: "" }],
  ["is not listed, too young to have been idle", "removed", { idleTimeoutMs: 60_000, since: new Date(), console: "" }],
  ["is not listed, and is old enough", "unknown", { idleTimeoutMs: 60_000, since: new Date(0), console: "" }],
  ["is not listed, and may have deleted itself", "unknown", { idleTimeoutMs: 60_000, console: NO_CONSOLE }],
  ["stopped, without a console", "unknown", { state: "stopped", console: NO_CONSOLE }],
  ["just stopped", "crash", { state: "stopped", expiresAt: FUTURE, console: `${STARTED}Killed\n` }],
  ["stopped after a restart, and was idle before it", "crash", { state: "stopped", console: STARTED + IDLE + STARTED }],
])("A scheduler that %s: %s", (_, reason, evidence) => {
  const { reason: found, message } = end(evidence);
  expect(found).toBe(reason);
  expect(message).toMatch(/^The scheduler of c has ended \(.+\): the cluster is closed\./u);
});

test("A crash is reported with the end of the console, made printable", () => {
  const { message } = end({ state: "stopped", console: `${STARTED}Out of \u001B[31mmemory\u0007\n` });
  expect(message).toMatch(
    /\(crash: machine i-1 has stopped\).*\nConsole output \(last lines\):\n[^]*Out of memory\\u\{7\}$/u,
  );
});
