import { beforeEach, describe, expect, test } from "vitest";

import { NodeTable, type SeenWorker } from "../../../src/fleet/node-table.ts";
import { worker } from "../cluster/machines.ts";

let now = 0;
let table: NodeTable;
beforeEach(() => {
  now = 1000;
  table = tableFor(1);
});

function tableFor(processes: number | undefined): NodeTable {
  return new NodeTable({ processesOf: () => processes, pausedAfterMs: 15_000, now: () => now });
}

function running(...names: readonly string[]): SeenWorker[] {
  return names.map((name) => ({ name, status: "running" }));
}

const ids = (): string[] => table.views().map(({ machine }) => machine.id);

describe("The machine of a Dask worker", () => {
  test.each([
    ["node-1", "node-1"],
    ["node-1-0", "node-1"],
    ["node-1-12", "node-1"],
    ["node-10", "node-10"],
    ["node-10-0", "node-10"],
    ["node-1-", undefined],
    ["node-1-x", undefined],
    ["node-1-0-0", undefined],
    ["node", undefined],
    ["", undefined],
  ])("of %s is %s", (name, id) => {
    table.add([worker("node-1"), worker("node-10")]);
    expect(table.machineOf(name)?.id).toBe(id);
  });

  test("is the exact match when another machine's name is a prefix", () => {
    table.add([worker("node"), worker("node-0")]);
    expect(table.machineOf("node-0")?.id).toBe("node-0");
    expect(table.machineOf("node-1")?.id).toBe("node");
  });
});

describe("Joining", () => {
  test("requires all processes of a machine, if their number is fixed", () => {
    table = tableFor(2);
    table.add([worker("a"), worker("b")]);
    expect(table.observeWorkers(running("a-0", "b-0", "a-1")).joined.map(({ id }) => id)).toEqual(["a"]);
    expect(table.joinedOf("default")).toBe(1);
    expect(table.views()).toMatchObject([{ joined: true }, { joined: false, everJoined: true, registered: 1 }]);
    expect(table.observeWorkers(running("a-0", "a-1", "b-0", "b-1")).joined.map(({ id }) => id)).toEqual(["b"]);
  });

  test("requires the highest number seen on the machine, if it sets its own number", () => {
    table = tableFor(undefined);
    table.add([worker("a"), worker("b")]);
    expect(table.workersPerMachine("default")).toBeUndefined();
    table.observeWorkers(running("a-0"));
    now = 1500;
    table.observeWorkers(running("a-0", "a-1", "a-2", "b"));
    expect([table.joinedOf("default"), table.workersPerMachine("default")]).toEqual([2, undefined]);
    now = 12_000;
    expect(table.workersPerMachine("default")).toBe(3);
    table.observeWorkers(running("a-0", "a-2", "b"));
    now = 12_500;
    expect(table.joinedOf("default")).toBe(1);
    expect(table.views()).toMatchObject([{ joined: false, registered: 2, absentMs: 0, incompleteMs: 500 }, {}]);
  });

  test("is reported once, and so is leaving, which starts the absence", () => {
    table.add([worker("a")]);
    now = 2000;
    expect(table.views()).toMatchObject([{ joined: false, everJoined: false, absentMs: 1000, workedMs: undefined }]);
    table.observeWorkers(running("a"));
    expect(table.observeWorkers(running("a"))).toEqual({ joined: [], lost: [] });
    now = 5000;
    expect(table.observeWorkers([])).toEqual({ joined: [], lost: [worker("a")] });
    expect(table.joinedOf("default")).toBe(0);
    now = 5500;
    expect(table.observeWorkers([])).toEqual({ joined: [], lost: [] });
    expect(table.views()).toMatchObject([{ joined: false, everJoined: true, absentMs: 500, workedMs: 3500 }]);
  });

  test("ignores workers started by others", () => {
    table.add([worker("a")]);
    table.observeWorkers(running("stranger", "tcp://10.0.0.9:1234"));
    expect(table.joinedOf("default")).toBe(0);
  });

  test.each(["closing_gracefully", "closing", "closed", "failed"])("ignores a worker that is %s", (status) => {
    table.add([worker("a"), worker("b")]);
    table.observeWorkers([{ name: "a", status }, ...running("b")]);
    now += 400;
    expect(table.joinedOf("default")).toBe(1);
    expect(table.views()).toMatchObject([{ joined: false, registered: 1, idleMs: 400, status }, { joined: true }]);
  });

  test("survives a short pause of a worker, and not a long one", () => {
    table.add([worker("a")]);
    table.observeWorkers(running("a"));
    const paused = [{ name: "a", status: "paused" }];
    table.observeWorkers(paused);
    now += 15_000;
    table.observeWorkers(paused);
    expect(table.joinedOf("default")).toBe(1);
    now += 1;
    table.observeWorkers(paused);
    expect([table.joinedOf("default"), table.views()]).toMatchObject([0, [{ status: "paused", idleMs: 0 }]]);
    expect(table.observeWorkers(running("a")).joined).toHaveLength(1);
  });
});

describe("A machine's group", () => {
  test("stays as first reported, whatever later lists say", () => {
    table.add([worker("a")], "gpu");
    table.observeMachines([worker("a"), worker("b", { group: "gpu" }), worker("c")]);
    table.observeMachines([worker("a", { group: "cpu" }), worker("b"), worker("c", { group: "gpu" })]);
    expect(["a", "b", "c", "d"].map((id) => table.groupOf(id))).toEqual(["gpu", "gpu", "default", undefined]);
    expect([table.sizeOf("gpu"), table.sizeOf("default"), table.sizeOf("cpu")]).toEqual([2, 1, 0]);
    table.observeWorkers(running("a", "c"));
    expect([table.joinedOf("gpu"), table.joinedOf("default")]).toEqual([1, 1]);
    expect(table.views("gpu").map(({ machine }) => machine.id)).toEqual(["a", "b"]);
  });
});

describe("The provider's list", () => {
  test("adds machines of unanswered create calls, and never counts the scheduler as a worker", () => {
    table.observeMachines([worker("lost-reply"), worker("s", { role: "scheduler" })]);
    expect(ids()).toEqual(["lost-reply"]);
  });

  test("may lag: a machine is missing from the first list without it until a list shows it again", () => {
    table.add([worker("a")]);
    now = 2000;
    table.observeMachines([]);
    now = 2600;
    table.observeMachines([]);
    expect(table.views()).toMatchObject([{ unlistedMs: 600 }]);
    table.observeMachines([worker("a", { state: "stopped" })]);
    expect(table.views()).toMatchObject([{ unlistedMs: undefined, machine: { state: "stopped" } }]);
  });

  test("of what does not run says nothing of machines that it lacks", () => {
    table.add([worker("a"), worker("b")]);
    expect(table.observeMachines([], "not-running")).toBe(false);
    expect(table.observeMachines([worker("b", { state: "stopped" })], "not-running")).toBe(true);
    expect(table.views()).toMatchObject([
      { unlistedMs: undefined, machine: { state: "running" } },
      { unlistedMs: undefined, machine: { state: "stopped" } },
    ]);
    expect(table.observeMachines([worker("b", { state: "stopped" })])).toBe(true);
    now += 500;
    table.observeMachines([], "not-running");
    expect(table.views()).toMatchObject([{ unlistedMs: 500 }, { unlistedMs: undefined }]);
    table.forget([worker("b")]);
    table.observeMachines([worker("b", { state: "pending" })]);
    now += 500;
    // A deletion that failed stays known, until it is repeated.
    table.observeMachines([], "not-running");
    expect(table.undead(100).map(({ id }) => id)).toEqual(["b"]);
    table.forget([worker("b")]);
    expect(table.undead(0)).toEqual([]);
  });

  test("may still show destroyed machines, which stay destroyed", () => {
    table.add([worker("a"), worker("b")]);
    table.forget([worker("a")]);
    table.observeMachines([worker("a"), worker("b")]);
    expect(ids()).toEqual(["b"]);
    expect(table.sizeOf("default")).toBe(1);
  });

  test("that shows a destroyed machine longer than it may lag proves that the deletion failed", () => {
    table.add([worker("a"), worker("b"), worker("c")]);
    table.forget([worker("a"), worker("b")]);
    now += 1000;
    table.observeMachines([worker("a"), worker("b", { state: "ending" }), worker("c")]);
    expect([table.undead(1000), table.undead(999).map(({ id }) => id)]).toEqual([[], ["a"]]);
    table.observeMachines([worker("c")]);
    expect(table.undead(0)).toEqual([]);
  });

  test("may hold machines that an earlier process is deleting: they are ignored", () => {
    table.observeMachines([worker("a", { state: "ending" })]);
    expect(table.sizeOf("default")).toBe(0);
  });
});

describe("A machine boots", () => {
  const booted = (): readonly string[] => table.takeBooted().map(({ id }) => id);

  test("when a list says that it runs, once", () => {
    table.add([worker("a", { state: "pending" }), worker("b", { state: "running" })]);
    expect(booted()).toEqual(["b"]);
    table.observeMachines([worker("a", { state: "running" }), worker("b", { state: "running" })]);
    expect([booted(), booted()]).toEqual([["a"], []]);
  });

  test("when a list of those that do not run has shown it, and lacks it", () => {
    table.add([worker("a", { state: "pending" }), worker("b", { state: "pending" })]);
    table.observeMachines([worker("b", { state: "pending" })], "not-running");
    // The list lags behind the creation of `a`.
    expect(booted()).toEqual([]);
    table.observeSome([worker("a", { state: "pending" })]);
    expect(booted()).toEqual(["b"]);
    table.observeMachines([], "all");
    expect(booted()).toEqual([]);
    table.observeMachines([], "not-running");
    expect(booted()).toEqual(["a"]);
  });

  test("before an attached handle sees it: that is no news", () => {
    table.observeMachines([worker("a", { state: "running" })]);
    expect(booted()).toEqual([]);
  });
});
