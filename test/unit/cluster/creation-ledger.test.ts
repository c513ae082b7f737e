import { expect, test } from "vitest";

import { CreationLedger } from "../../../src/cluster/end/creation-ledger.ts";
import type { CreatedMachines } from "../../../src/provider/machine.ts";
import { patient } from "../../support/patience.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster } from "./fake-cluster.ts";
import { worker } from "./machines.ts";

const ids = (ledger: CreationLedger): string[] => ledger.made.map(({ id }) => id);

test("Machines returned by create calls are known until they are destroyed", async () => {
  const ledger = new CreationLedger();
  await ledger.track(async () => ({ machines: [worker("a"), worker("b")] }));
  await ledger.track(async () => ({ machines: [worker("c")], shortfall: new Error("no more") }));
  ledger.forget([worker("b")]);
  expect(ids(ledger)).toEqual(["a", "c"]);
});

test("A machine deleted before it was listed may still appear; one that was seen may not", async () => {
  const ledger = new CreationLedger();
  await ledger.track(async () => ({ machines: [worker("seen"), worker("unseen")] }));
  await using cloud = await FakeCloud.open();
  const verbs = { ...new FakeCluster({ cloud }).verbs, list: async () => [worker("seen")] };
  await ledger.watch(verbs).list(new AbortController().signal);
  ledger.forget([worker("seen")]);
  expect(ledger.sinceLastLostMs).toBe(Infinity);
  ledger.forget([worker("unseen")]);
  expect(ledger.sinceLastLostMs).toBeLessThan(60_000);
});

test("Unlisted machines count as deleted once the list was requested late enough after their creation", async () => {
  const ledger = new CreationLedger();
  await ledger.track(async () => ({ machines: [worker("listed"), worker("gone")] }));
  const now = performance.now();
  ledger.observe([worker("listed")], now + 900, 1000);
  expect(ids(ledger)).toEqual(["listed", "gone"]);
  ledger.observe([worker("listed")], now + 1100, 1000);
  expect(ids(ledger)).toEqual(["listed"]);
});

test("A failed call may have created machines: its time is recorded, and the error rethrown", async () => {
  const ledger = new CreationLedger();
  const failure = new Error("the reply was lost");
  await expect(ledger.track(() => Promise.reject(failure))).rejects.toBe(failure);
  expect(ledger.sinceLastLostMs).toBeLessThan(patient(1000));
});

test("A tear-down waits for pending calls and learns what they created", async () => {
  const ledger = new CreationLedger();
  const call = Promise.withResolvers<CreatedMachines>();
  const tracked = ledger.track(() => call.promise);
  const settled = ledger.settle(10_000);
  call.resolve({ machines: [worker("late")] });
  await settled;
  expect(ids(ledger)).toEqual(["late"]);
  expect(ledger.sinceLastLostMs).toBe(Infinity);
  await tracked;
});

test("A tear-down stops waiting for unanswered calls, and accounts for their machines later", async () => {
  const ledger = new CreationLedger();
  const call = Promise.withResolvers<CreatedMachines>();
  const tracked = ledger.track(() => call.promise);
  await ledger.settle(20);
  expect(ledger.sinceLastLostMs).toBeLessThan(patient(1000));
  call.resolve({ machines: [worker("very-late")] });
  await tracked;
  expect(ids(ledger)).toEqual(["very-late"]);
});
