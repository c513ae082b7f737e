import { performance } from "node:perf_hooks";

import { expect, test } from "vitest";

import { sleep } from "../../src/wait.ts";
import { asThereIsRoom } from "./as-there-is-room.ts";

const ITEMS = Array.from({ length: 40 }, (_, index) => index);

/** Counts how many there are at a time. */
class Crowd {
  most = 0;
  #now = 0;

  async with<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#now += 1;
    this.most = Math.max(this.most, this.#now);
    try {
      return await work();
    } finally {
      this.#now -= 1;
    }
  }
}

test("Every task runs, and a failed one stops no other", async () => {
  const settled = await asThereIsRoom(ITEMS, async (item) => {
    await sleep(ITEMS.length - item);
    if (item % 10 === 3) throw new Error(`item ${item}`);
    return item;
  });
  expect(settled.map((each) => (each.status === "fulfilled" ? each.value : String(each.reason)))).toEqual(
    ITEMS.map((item) => (item % 10 === 3 ? `Error: item ${item}` : item)),
  );
});

test("Waiting tasks run concurrently, up to a limit", async () => {
  const crowd = new Crowd();
  await asThereIsRoom(ITEMS, () => crowd.with(() => sleep(3000)));
  expect(crowd.most).toBeGreaterThan(8);
  expect(crowd.most).toBeLessThanOrEqual(24);
});

test("CPU-bound tasks run only a few at a time", async () => {
  const crowd = new Crowd();
  const busy = async (): Promise<void> => {
    for (const until = performance.now() + 150; performance.now() < until;) {
      for (const slice = performance.now() + 10; performance.now() < slice;) continue;
      await new Promise(setImmediate);
    }
  };
  await asThereIsRoom(ITEMS.slice(0, 12), () => crowd.with(busy));
  expect(crowd.most).toBeLessThanOrEqual(6);
});
