import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type NodeView, planFleet, type PlanLimits } from "../../../src/fleet/plan.ts";
import { booting, without, worker, working } from "../cluster/machines.ts";

const LIMITS: PlanLimits = { lostAfterMs: 15_000, joinWithinMs: 60_000, stuckAfterMs: 300_000, listLagMs: 5000 };

describe("A plan for existing machines", () => {
  test.each([
    { what: "no machines exist", nodes: [], target: 2, expected: { create: 2 } },
    { what: "as many as wanted", nodes: [working("a"), booting("b", 1)], target: 2, expected: {} },
    {
      what: "too many machines work",
      nodes: [working("a"), working("b"), working("c")],
      target: 1,
      expected: { retire: 2 },
    },
    {
      what: "machines that never joined are removed first, the youngest before the others",
      nodes: [working("a"), booting("old", 500), booting("young", 10)],
      target: 1,
      expected: { cancel: ["young", "old"] },
    },
    {
      what: "some boot and some work",
      nodes: [working("a"), working("b"), booting("c", 1)],
      target: 1,
      expected: { cancel: ["c"], retire: 1 },
    },
    {
      what: "a machine has stopped although its worker is still registered",
      nodes: [working("a", { machine: worker("a", { state: "stopped" }) }), working("b")],
      target: 2,
      expected: { lost: ["a"], create: 1 },
    },
    {
      what: "a worker is briefly absent: its nanny restarts it",
      nodes: [without("a", 15_000)],
      target: 1,
      expected: {},
    },
    {
      what: "a worker does not rejoin",
      nodes: [without("a", 15_001)],
      target: 1,
      expected: { lost: ["a"], create: 1 },
    },
    { what: "a boot is slow", nodes: [booting("a", 60_000)], target: 1, expected: {} },
    { what: "a boot takes too long", nodes: [booting("a", 60_001)], target: 1, expected: { lost: ["a"], create: 1 } },
    {
      what: "the provider's list lags",
      nodes: [booting("a", 4999), working("b", { unlistedMs: 4999 })],
      target: 2,
      expected: {},
    },
    {
      what: "the provider no longer lists a machine",
      nodes: [working("a", { unlistedMs: 5000 })],
      target: 1,
      expected: { lost: ["a"], create: 1 },
    },
    {
      what: "a machine with a notice is replaced while its data move",
      nodes: [working("a", { notice: "it goes" }), working("b")],
      target: 2,
      expected: { leaving: ["a"], create: 1 },
    },
    {
      what: "the replacement of a machine with a notice has come",
      nodes: [working("a", { notice: "it goes" }), working("b"), booting("c", 1)],
      target: 2,
      expected: { leaving: ["a"] },
    },
    {
      what: "the workers of a machine with a notice have closed",
      nodes: [without("a", 0, { notice: "it goes" }), working("b"), booting("c", 1)],
      target: 2,
      expected: { lost: ["a"] },
    },
    {
      what: "a machine with a notice goes when no worker is wanted",
      nodes: [working("a", { notice: "it goes" })],
      target: 0,
      expected: { lost: ["a"] },
    },
    {
      what: "the target is lowered after a notice",
      nodes: [working("a", { notice: "it goes" }), working("b")],
      target: 1,
      expected: { leaving: ["a"] },
    },
    {
      what: "a lost machine is not replaced when the target is lower",
      nodes: [working("a", { unlistedMs: 5000 }), working("b")],
      target: 1,
      expected: { lost: ["a"] },
    },
    {
      what: "one of two workers on a machine is lost: the other keeps its data and tasks",
      nodes: [working("a", { joined: false, incompleteMs: 300_000 })],
      target: 1,
      expected: {},
    },
    {
      what: "a machine stays incomplete",
      nodes: [working("a", { joined: false, incompleteMs: 300_001 })],
      target: 1,
      expected: { renew: ["a"] },
    },
    {
      what: "one of two workers is late: the machine is never cancelled",
      nodes: [working("a", { joined: false, wasComplete: false, incompleteMs: 59_000 }), working("b")],
      target: 1,
      expected: { retire: 1 },
    },
    {
      what: "one of two workers never joins",
      nodes: [working("a", { joined: false, wasComplete: false, incompleteMs: 60_001 })],
      target: 1,
      expected: { renew: ["a"] },
    },
    {
      what: "a worker is paused, and may recover",
      nodes: [working("a", { joined: false, incompleteMs: 300_001, idleMs: 300_000, status: "paused" })],
      target: 1,
      expected: {},
    },
    {
      what: "a worker stays paused",
      nodes: [working("a", { joined: false, incompleteMs: 300_001, idleMs: 300_001, status: "paused" })],
      target: 1,
      expected: { renew: ["a"] },
    },
    {
      what: "a machine has given up while Dask still lists its worker",
      nodes: [working("a", { joined: false, incompleteMs: 1, gaveUp: { reason: "over", log: "" } })],
      target: 1,
      expected: {},
    },
  ])("$what", ({ nodes, target, expected }) => {
    const { lost, leaving, renew, cancel, retire, create } = planFleet(nodes, target, LIMITS);
    expect({
      lost: lost.map(({ node }) => node.machine.id),
      leaving: leaving.map(({ node }) => node.machine.id),
      renew: renew.map(({ node }) => node.machine.id),
      cancel: cancel.map(({ machine }) => machine.id),
      retire,
      create,
    }).toEqual({ lost: [], leaving: [], renew: [], cancel: [], retire: 0, create: 0, ...expected });
  });
});

const duration = fc.constantFrom(0, 4999, 5000, 15_000, 15_001, 60_000, 60_001, 300_001);
const fleet = fc
  .array(
    fc.record({
      state: fc.constantFrom("pending", "running", "stopped"),
      registered: fc.nat(2),
      complete: fc.boolean(),
      everJoined: fc.boolean(),
      sinceMs: duration,
      idleMs: fc.option(duration, { nil: undefined }),
      unlistedMs: fc.option(duration, { nil: undefined }),
    }),
    { maxLength: 12 },
  )
  .map((nodes) =>
    nodes.map(({ state, registered, complete, everJoined, sinceMs, idleMs, unlistedMs }, index): NodeView => {
      const joined = registered > 0 && complete;
      return working(`w${index}`, {
        machine: worker(`w${index}`, { state }),
        registered,
        joined,
        everJoined: registered > 0 || everJoined,
        wasComplete: joined,
        absentMs: registered > 0 ? 0 : sinceMs,
        incompleteMs: joined ? 0 : sinceMs,
        idleMs: registered > 0 && !joined ? idleMs : undefined,
        unlistedMs,
      });
    }),
  );

describe("A plan for any state of machines", () => {
  test("leaves exactly the target number, without lost machines", () => {
    fc.assert(
      fc.property(fleet, fc.nat(12), (nodes, target) => {
        const plan = planFleet(nodes, target, LIMITS);
        const lost = new Set(plan.lost.map(({ node }) => node));
        const kept = nodes.filter((node) => !lost.has(node) && !plan.cancel.includes(node));
        expect(kept.every(({ machine }) => machine.state !== "stopped")).toBe(true);
        expect(kept.length - plan.retire + plan.create).toBe(target);
      }),
    );
  });

  test("never creates and removes in one plan, and removes machines that never worked before busy ones", () => {
    fc.assert(
      fc.property(fleet, fc.nat(12), (nodes, target) => {
        const { lost, cancel, retire, create } = planFleet(nodes, target, LIMITS);
        expect(create === 0 || cancel.length + retire === 0).toBe(true);
        expect(cancel.every(({ everJoined, registered }) => !everJoined && registered === 0)).toBe(true);
        const doomed = new Set([...lost.map(({ node }) => node), ...cancel]);
        if (retire > 0) expect(nodes.every((node) => node.everJoined || doomed.has(node))).toBe(true);
        const working = nodes.filter((node) => node.everJoined && !doomed.has(node));
        expect(retire).toBeLessThanOrEqual(working.length);
      }),
    );
  });

  test("deletes a machine with a worker only if it is off or its workers were retired", () => {
    fc.assert(
      fc.property(fleet, fc.nat(12), (nodes, target) => {
        const { lost, cancel } = planFleet(nodes, target, LIMITS);
        const doomed = [...lost.map(({ node }) => node), ...cancel];
        const alive = doomed.filter(({ machine, unlistedMs = 0 }) => machine.state !== "stopped" && unlistedMs < 5000);
        expect(alive.every(({ registered }) => registered === 0)).toBe(true);
      }),
    );
  });
});
