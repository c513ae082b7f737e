import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { KnownEnds } from "../../../src/cloud/machines/known-ends.ts";
import { OwnScheduler } from "../../../src/cloud/machines/own-scheduler.ts";
import { recentByKind, RecentCreations } from "../../../src/cloud/machines/recent-creations.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { clusterTags } from "../../../src/provider/tags.ts";

const LAG_MS = 30_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "Date"] });
});

afterEach(() => {
  vi.useRealTimers();
});

const machine = (id: string): Machine => ({ id, role: "worker", state: "running" }) as Machine;

describe("Recent creations", () => {
  test("count as new for as long as lists may lag, and are remembered until forgotten", () => {
    const recent = new RecentCreations(LAG_MS);
    recent.add(["a", "b"]);
    vi.advanceTimersByTime(LAG_MS - 1);
    recent.add(["c"]);
    expect([recent.ids, recent.has("a")]).toEqual([["a", "b", "c"], true]);
    vi.advanceTimersByTime(1);
    expect([recent.ids, recent.has("a"), recent.all]).toEqual([["c"], false, ["a", "b", "c"]]);
    recent.forget("c");
    expect([recent.ids, recent.all]).toEqual([[], ["a", "b"]]);
  });

  test("may be unknown until lists must show them or the call's effect is known", () => {
    const recent = new RecentCreations(LAG_MS);
    expect(recent.hasUnknown).toBe(false);
    recent.addUnknown();
    expect(recent.hasUnknown).toBe(true);
    recent.settle();
    expect(recent.hasUnknown).toBe(false);
    recent.addUnknown();
    recent.add(["a"]);
    expect(recent.hasUnknown).toBe(false);
    recent.addUnknown();
    vi.advanceTimersByTime(LAG_MS);
    expect(recent.hasUnknown).toBe(false);
  });

  test("of one kind say nothing about another", () => {
    const { tags, firewalls } = recentByKind(["tags", "firewalls"], LAG_MS);
    tags.addUnknown();
    firewalls.add(["f"]);
    expect([tags.hasUnknown, firewalls.hasUnknown, tags.ids, firewalls.ids]).toEqual([true, false, [], ["f"]]);
  });
});

describe("A machine whose deletion was accepted", () => {
  test("is ending for as long as a list may lag: acceptance does not guarantee success", () => {
    const ends = new KnownEnds(LAG_MS);
    ends.deleted("a");
    expect([ends.seen(machine("a")).state, ends.seen(machine("b")).state]).toEqual(["ending", "running"]);
    vi.advanceTimersByTime(LAG_MS);
    expect(ends.seen(machine("a")).state).toBe("running");
    expect([ends.wasDeleted("a"), ends.wasDeleted("b")]).toEqual([true, false]);
  });

  test("is ending while the cloud reports a pending operation; other pending operations are no end", () => {
    const ends = new KnownEnds(0);
    ends.deleted("a");
    expect([ends.seen(machine("a"), true).state, ends.seen(machine("b"), true).state]).toEqual(["ending", "running"]);
  });
});

describe("A machine that failed after its create call", () => {
  test("is stopped in lists with or without it, until its failure is handled", () => {
    const ends = new KnownEnds(LAG_MS);
    const failure = new Error("no capacity after all");
    ends.failed([machine("a"), machine("b")], failure);
    const states = (listed: readonly Machine[]): object =>
      Object.fromEntries(ends.withFailed(listed).map(({ id, state }) => [id, state]));
    expect(states([machine("a"), machine("c")])).toEqual({ a: "stopped", b: "stopped", c: "running" });
    expect([ends.failureOf("a"), ends.failureOf("c")]).toEqual([failure, undefined]);
    ends.forgetFailures(["a", "b"]);
    expect(states([machine("a")])).toEqual({ a: "running" });
  });

  test("is ending when its deletion has started", () => {
    const ends = new KnownEnds(LAG_MS);
    ends.failed([machine("a")], new Error("failed"));
    ends.deleted("a");
    expect(ends.withFailed([ends.seen(machine("a"))])).toMatchObject([{ state: "ending" }]);
  });
});

describe("A scheduler named after its cluster", () => {
  const identity = { name: "lab", ids: ["0123456789abcdef"] };
  const own = clusterTags({ name: "lab", id: "0123456789abcdef" }, "scheduler", new Date(0));
  const others = clusterTags({ name: "lab", id: "fedcba9876543210" }, "scheduler", new Date(0));
  const isNamed = (id: string): boolean => id === "lab-scheduler";
  const ids = ["lab-scheduler", "w-1"];

  test.each([
    ["its tags are this cluster's", { tags: own }, ids],
    ["it is not listed yet", undefined, ids],
    ["its tags are another cluster's", { tags: others }, ["w-1"]],
    ["it has no tags", { tags: undefined }, ["w-1"]],
  ])("is deleted with the workers or left alone: %s", async (_, found, deleted) => {
    const look = vi.fn(async () => found);
    expect(await new OwnScheduler().stillOwn(ids, { identity, isNamed, look })).toEqual(deleted);
    expect(look).toHaveBeenCalledExactlyOnceWith("lab-scheduler");
  });

  test("is not looked up again if it was identified a moment ago", async () => {
    const scheduler = new OwnScheduler();
    const look = vi.fn(async () => ({ tags: others }));
    scheduler.see("lab-scheduler");
    vi.advanceTimersByTime(14_999);
    expect(await scheduler.stillOwn(ids, { identity, isNamed, look })).toEqual(ids);
    expect(look).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(await scheduler.stillOwn(ids, { identity, isNamed, look })).toEqual(["w-1"]);
  });
});
