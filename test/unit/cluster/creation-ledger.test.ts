import { expect, test } from "vitest";

import { CreationLedger } from "../../../src/cluster/end/creation-ledger.ts";
import type { CreatedMachines } from "../../../src/provider/machine.ts";
import { patient } from "../../support/patience.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster } from "./fake-cluster.ts";
import { worker } from "./machines.ts";

const ids = (ledger: CreationLedger): string[] => ledger.made.map(({ id }) => id);

test("What create calls have answered with is known until it is destroyed", async () => {
  const ledger = new CreationLedger();
  await ledger.track(async () => ({ machines: [worker("a"), worker("b")] }));
  await ledger.track(async () => ({ machines: [worker("c")], shortfall: new Error("no more") }));
  ledger.forget([worker("b")]);
  expect(ids(ledger)).toEqual(["a", "c"]);
});

test("A machine that is deleted before a list has shown it may still come into the list; one that was seen may not", async () => {
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

test("What a list lacks is gone, if the list was asked for long enough after it was made", async () => {
  const ledger = new CreationLedger();
  await ledger.track(async () => ({ machines: [worker("listed"), worker("gone")] }));
  const now = performance.now();
  ledger.observe([worker("listed")], now + 900, 1000);
  expect(ids(ledger)).toEqual(["listed", "gone"]);
  ledger.observe([worker("listed")], now + 1100, 1000);
  expect(ids(ledger)).toEqual(["listed"]);
});

test("A call that fails may have made something: the moment is remembered, and the error passed on", async () => {
  const ledger = new CreationLedger();
  const failure = new Error("the reply was lost");
  await expect(ledger.track(() => Promise.reject(failure))).rejects.toBe(failure);
  expect(ledger.sinceLastLostMs).toBeLessThan(patient(1000));
});

test("A tear-down waits for the calls under way and hears of what they made", async () => {
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

test("A tear-down does not wait for ever: a call without an answer counts as lost, and its machines are known later", async () => {
  const ledger = new CreationLedger();
  const call = Promise.withResolvers<CreatedMachines>();
  const tracked = ledger.track(() => call.promise);
  await ledger.settle(20);
  expect(ledger.sinceLastLostMs).toBeLessThan(patient(1000));
  call.resolve({ machines: [worker("very-late")] });
  await tracked;
  expect(ids(ledger)).toEqual(["very-late"]);
});
