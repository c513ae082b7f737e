import { beforeEach, describe, expect, test } from "vitest";

import { NodeTable } from "../../../src/cluster/node-table.ts";
import { worker } from "./machines.ts";

let now = 0;
let table: NodeTable;
beforeEach(() => {
  now = 1000;
  table = new NodeTable(() => now);
});

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

  test("is the one that has the very name, when another's name is its beginning", () => {
    table.add([worker("node"), worker("node-0")]);
    expect(table.machineOf("node-0")?.id).toBe("node-0");
    expect(table.machineOf("node-1")?.id).toBe("node");
  });
});

describe("Joining", () => {
  test("takes all the processes of a machine", () => {
    table.add([worker("a"), worker("b")]);
    expect(table.observeWorkers(["a-0", "b-0", "a-1"], 2).map(({ id }) => id)).toEqual(["a"]);
    expect(table.joined).toBe(1);
    expect(table.observeWorkers(["a-0", "a-1", "b-0", "b-1"], 2).map(({ id }) => id)).toEqual(["b"]);
  });

  test("is told once, and so is leaving, from when on the absence counts", () => {
    table.add([worker("a")]);
    now = 2000;
    expect(table.views()).toMatchObject([{ joined: false, everJoined: false, absentMs: 1000 }]);
    table.observeWorkers(["a"], 1);
    expect(table.observeWorkers(["a"], 1)).toEqual([]);
    now = 5000;
    expect(table.observeWorkers([], 1)).toEqual([]);
    expect(table.joined).toBe(0);
    now = 5500;
    expect(table.observeWorkers([], 1)).toEqual([]);
    expect(table.views()).toMatchObject([{ joined: false, everJoined: true, absentMs: 500 }]);
  });

  test("does not count workers that somebody else started", () => {
    table.add([worker("a")]);
    table.observeWorkers(["stranger", "tcp://10.0.0.9:1234"], 1);
    expect(table.joined).toBe(0);
  });
});

describe("The provider's list", () => {
  test("brings machines whose create call never answered, and the scheduler is not one of the workers", () => {
    table.observeMachines([worker("lost-reply"), worker("s", { role: "scheduler" })]);
    expect(ids()).toEqual(["lost-reply"]);
  });

  test("may lag: a machine is missed from the first list that lacks it until one shows it again", () => {
    table.add([worker("a")]);
    now = 2000;
    table.observeMachines([]);
    now = 2600;
    table.observeMachines([]);
    expect(table.views()).toMatchObject([{ unlistedMs: 600 }]);
    table.observeMachines([worker("a", { state: "stopped" })]);
    expect(table.views()).toMatchObject([{ unlistedMs: undefined, machine: { state: "stopped" } }]);
  });

  test("may still show what was destroyed: it does not come back to life", () => {
    table.add([worker("a"), worker("b")]);
    table.forget([worker("a")]);
    table.observeMachines([worker("a"), worker("b")]);
    expect(ids()).toEqual(["b"]);
    expect(table.size).toBe(1);
  });

  test("that shows for longer than it may lag what was destroyed, tells that it was not", () => {
    table.add([worker("a"), worker("b"), worker("c")]);
    table.forget([worker("a"), worker("b")]);
    now += 1000;
    table.observeMachines([worker("a"), worker("b", { state: "ending" }), worker("c")]);
    expect([table.undead(1000), table.undead(999).map(({ id }) => id)]).toEqual([[], ["a"]]);
    table.observeMachines([worker("c")]);
    expect(table.undead(0)).toEqual([]);
  });

  test("of an earlier process may hold machines that are being deleted: they are nobody's any more", () => {
    table.observeMachines([worker("a", { state: "ending" })]);
    expect(table.size).toBe(0);
  });
});
