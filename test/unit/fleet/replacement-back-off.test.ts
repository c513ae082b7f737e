import { beforeEach, describe, expect, test } from "vitest";

import { ReplacementBackOff, type LostMachine } from "../../../src/fleet/replacement-back-off.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

let now = 0;
let backOff: ReplacementBackOff;
beforeEach(() => {
  now = 0;
  backOff = new ReplacementBackOff(() => now);
});

function life(more: Partial<LostMachine> = {}): LostMachine {
  return { workedMs: 1.5 * SECOND, reason: new Error("it died"), gaveUp: false, hopeless: false, ...more };
}

/** The number of machines created within `forMs` by a group whose machines all die just after they joined. */
function bought(size: number, forMs: number): number {
  let machines = size;
  let working = size;
  for (; now < forMs; now += 500) {
    for (; working > 0; working -= 1) {
      backOff.joined();
      backOff.lost(life(), size);
    }
    working = size - backOff.held(size);
    machines += working;
  }
  return machines;
}

describe("Machines that die just after they joined", () => {
  test.each([
    [2, 10],
    [20, 40],
    [100, 200],
  ])("in a group of %i number at most %i in ten minutes", (size, most) => {
    expect(bought(size, 10 * MINUTE)).toBeLessThanOrEqual(most);
    expect(backOff.reason?.message).toBe("it died");
  });

  test("number seven an hour in the long run", () => {
    const day = bought(2, 24 * 60 * MINUTE);
    expect(day).toBeLessThan(10 + 24 * 7);
  });
});

test("A few young machines reclaimed by a spot market are replaced immediately", () => {
  for (let nth = 0; nth < 25; nth += 1) backOff.lost(life({ workedMs: MINUTE }), 100);
  expect(backOff.held(100)).toBe(0);
});

test("Machines that worked for five minutes are replaced immediately, however many are lost", () => {
  for (let nth = 0; nth < 1000; nth += 1) backOff.lost(life({ workedMs: 5 * MINUTE }), 2);
  expect(backOff.held(2)).toBe(0);
});

test("A series of losses is forgotten after half an hour without one, and on a new request", () => {
  for (let nth = 0; nth < 4; nth += 1) backOff.lost(life(), 2);
  expect(backOff.held(2)).toBe(1);
  now += 31 * MINUTE;
  backOff.lost(life(), 2);
  expect(backOff.held(2)).toBe(0);
  for (let nth = 0; nth < 3; nth += 1) backOff.lost(life(), 2);
  expect(backOff.held(2)).toBe(1);
  backOff.askAnew();
  expect(backOff.held(2)).toBe(0);
});

test("A machine that joined after the last loss and worked for five minutes resets the back-off; an older one does not", () => {
  now = 10 * MINUTE;
  for (let nth = 0; nth < 9; nth += 1) backOff.lost(life(), 2);
  backOff.works(10 * MINUTE);
  expect(backOff.held(2)).toBeGreaterThan(0);
  now += 6 * MINUTE;
  backOff.works(5 * MINUTE);
  expect(backOff.held(2)).toBe(0);
});

test("Four machines in a row that never worked fail a waiting caller; a working one resets the count", () => {
  const failedBoot = life({ workedMs: undefined });
  for (let nth = 0; nth < 3; nth += 1) backOff.lost(failedBoot, 9);
  expect(backOff.hopeless).toBeUndefined();
  backOff.joined();
  for (let nth = 0; nth < 3; nth += 1) backOff.lost(failedBoot, 9);
  expect(backOff.hopeless).toBeUndefined();
  backOff.lost(failedBoot, 9);
  expect(backOff.hopeless).toBe(failedBoot.reason);
});

test("A machine that reports a permanent failure is replaced after ten minutes, by one", () => {
  const hopeless = life({ workedMs: undefined, hopeless: true });
  for (let nth = 0; nth < 4; nth += 1) backOff.lost(hopeless, 100);
  expect([backOff.hopeless, backOff.held(100)]).toEqual([hopeless.reason, 4]);
  now += 10 * MINUTE - 1;
  expect(backOff.held(100)).toBe(4);
  now += 1;
  expect(backOff.held(100)).toBe(3);
});
