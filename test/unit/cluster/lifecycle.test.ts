import { beforeEach, describe, expect, test, vi } from "vitest";

import { Lifecycle } from "../../../src/cluster/lifecycle.ts";
import type { ClusterState } from "../../../src/progress.ts";

let states: ClusterState[];
let life: Lifecycle;
beforeEach(() => {
  states = [];
  life = new Lifecycle((state) => states.push(state));
});

const nothing = async (): Promise<void> => undefined;
const fails = async (): Promise<void> => {
  throw new Error("no luck");
};

describe("A start", () => {
  test("happens once, however many callers ask for it", async () => {
    const work = vi.fn(nothing);
    await Promise.all([life.start(work, nothing), life.start(work, nothing)]);
    await life.start(work, nothing);
    expect(work).toHaveBeenCalledOnce();
    expect(states).toEqual(["starting", "running"]);
  });

  test("that fails rolls back before it rejects, and cannot be retried", async () => {
    const told: unknown[] = [];
    const tearDown = async (cause: unknown): Promise<void> => void told.push(cause, life.state);
    await expect(life.start(fails, tearDown)).rejects.toThrow("no luck");
    expect(told).toEqual([expect.objectContaining({ message: "no luck" }), "starting"]);
    expect(states).toEqual(["starting", "failed"]);
    await expect(life.start(nothing, nothing)).rejects.toMatchObject({ code: "WRONG_STATE" });
    expect(() => life.assertRunning("scale()")).toThrow(expect.objectContaining({ code: "WRONG_STATE" }));
  });

  test("after a close, or during one, is refused", async () => {
    const closing = life.close(nothing);
    await expect(life.start(nothing, nothing)).rejects.toMatchObject({ code: "CLOSED" });
    await closing;
    await expect(life.start(nothing, nothing)).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("A close", () => {
  test("happens once, and later calls throw CLOSED", async () => {
    await life.start(nothing, nothing);
    life.assertRunning("scale()");
    const tearDown = vi.fn(nothing);
    const closing = [life.close(tearDown), life.close(tearDown)];
    expect(() => life.assertRunning("scale()")).toThrow(expect.objectContaining({ code: "CLOSED" }));
    await Promise.all(closing);
    await life.close(tearDown);
    expect(tearDown).toHaveBeenCalledOnce();
    expect(() => life.assertRunning("scale()")).toThrow(expect.objectContaining({ code: "CLOSED" }));
    expect(states).toEqual(["starting", "running", "closing", "closed"]);
  });

  test("during a start aborts it, and waits for its rollback", async () => {
    const order: string[] = [];
    const work = (): Promise<void> =>
      new Promise((_, reject) => {
        life.closeRequested.addEventListener("abort", () => reject(life.closeRequested.reason as Error));
      });
    const started = life.start(work, async () => {
      await nothing();
      order.push("tear-down of the start");
    });
    const closed = life.close(async () => void order.push("tear-down of the close"));
    await expect(started).rejects.toMatchObject({ code: "CLOSED" });
    await closed;
    expect(order).toEqual(["tear-down of the start", "tear-down of the close"]);
    expect(states).toEqual(["starting", "failed", "closing", "closed"]);
  });

  test("wins over a start that ignores the abort", async () => {
    const gate = Promise.withResolvers<void>();
    const started = life.start(() => gate.promise, nothing);
    const closed = life.close(nothing);
    gate.resolve();
    await expect(started).rejects.toMatchObject({ code: "CLOSED" });
    await closed;
    expect(life.state).toBe("closed");
  });

  test("that fails rejects for all callers, and can be retried", async () => {
    await life.start(nothing, nothing);
    const outcomes = await Promise.allSettled([life.close(fails), life.close(fails)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(life.state).toBe("failed");
    await life.close(nothing);
    expect(states).toEqual(["starting", "running", "closing", "failed", "closing", "closed"]);
  });
});
