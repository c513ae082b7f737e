import { expect, test } from "vitest";

import { Consoles } from "../../../src/fleet/consoles/consoles.ts";
import { Troubles } from "../../../src/fleet/troubles.ts";
import { WorkersBeside } from "../../../src/fleet/workers-beside.ts";
import type { ProgressEvent } from "../../../src/progress.ts";
import type { Machine } from "../../../src/provider/machine.ts";

const MACHINE: Machine = { id: "i-1", nodeName: "node-1", role: "scheduler", state: "running" };
const SIGNAL = new AbortController().signal;

function workersBeside({ processes = 2 }: { readonly processes?: number | undefined } = {}) {
  const told: ProgressEvent[] = [];
  const state = { now: 0, console: "" };
  const now = (): number => state.now;
  const consoles = new Consoles({
    clusterName: "owl",
    part: "workers",
    provider: { console: async () => state.console },
    now,
  });
  const troubles = new Troubles((event) => told.push(event));
  const beside = new WorkersBeside({ machine: MACHINE, processes, consoles, troubles, lostAfterMs: 1000, now });
  const warnings = (): readonly string[] => told.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  return { beside, state, troubles, warnings };
}

const worker = (name: string, status = "running") => ({ name, status });
const OWN = [worker("node-1-0"), worker("node-1-1")];

test("the machine's name tells them from other machines' workers", () => {
  const { beside } = workersBeside();
  const others = [worker("node-10"), worker("node-2-0"), worker("node-1-x"), worker("my node-1")];
  expect(beside.observe([...OWN, ...others])).toEqual(others);
  expect([beside.registered, beside.isWhole]).toEqual([2, true]);
  expect(beside.owns("node-1")).toBe(true);
  expect(beside.describe()).toBe("; 2 of 2 workers joined on the scheduler's machine");
});

test("they are whole when all of them take tasks", () => {
  const { beside } = workersBeside();
  expect(beside.isWhole).toBe(false);
  beside.observe(OWN.slice(1));
  expect(beside.isWhole).toBe(false);
  beside.observe([worker("node-1-0", "closing"), worker("node-1-1")]);
  expect([beside.isWhole, beside.registered]).toEqual([false, 2]);
  beside.observe(OWN);
  expect(beside.isWhole).toBe(true);
});

test("where only the machine knows their number, one is enough at first, then as many as were seen", () => {
  const { beside } = workersBeside({ processes: undefined });
  beside.observe([]);
  expect(beside.isWhole).toBe(false);
  beside.observe(OWN);
  expect(beside.isWhole).toBe(true);
  beside.observe(OWN.slice(1));
  expect(beside.isWhole).toBe(false);
});

test("a start that waits for them fails with their console once they have given up", async () => {
  const { beside, state, warnings } = workersBeside();
  state.console = "dask-fleet: this machine's part in owl is over: another's word; the machine is powered off\n";
  state.now = 20_000;
  await beside.hear(SIGNAL);
  expect(beside.hopeless).toBeUndefined();
  state.console +=
    "Error: no such option\ndask-fleet: this machine's workers in owl are over: the node could not start (status 78); the machine stays on\n";
  state.now = 60_000;
  await beside.hear(SIGNAL);
  expect(beside.hopeless?.message).toMatch(
    /^The workers on the scheduler's machine i-1 gave up: the node could not start \(status 78\)\.[^]*no such option/u,
  );
  expect(beside.isDeciding).toBe(false);
  expect(warnings()).toEqual([]);
});

test("those that are gone for longer than a moment are a trouble until they come back", () => {
  const { beside, state, troubles, warnings } = workersBeside();
  beside.observe(OWN);
  beside.observe(OWN.slice(1));
  state.now = 500;
  beside.observe(OWN.slice(1));
  expect(troubles.none).toBe(true);
  state.now = 2000;
  beside.observe(OWN.slice(1));
  expect(warnings()).toEqual([
    "Of the 2 workers on the scheduler's machine i-1, 1 is gone. They cannot be replaced while the cluster runs; `scale()` adds machines.",
  ]);
  beside.observe(OWN);
  expect(troubles.none).toBe(true);
});
