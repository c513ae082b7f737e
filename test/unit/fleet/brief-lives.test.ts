import { beforeEach, describe, expect, test } from "vitest";

import { BriefLives, type LifeOfMachine } from "../../../src/fleet/brief-lives.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

let now = 0;
let lives: BriefLives;
beforeEach(() => {
  now = 0;
  lives = new BriefLives(() => now);
});

function life(more: Partial<LifeOfMachine> = {}): LifeOfMachine {
  return { workedMs: 1.5 * SECOND, reason: new Error("it died"), gaveUp: false, hopeless: false, ...more };
}

/** The number of machines created within `forMs` by a group whose machines all die just after they joined. */
function bought(size: number, forMs: number): number {
  let machines = size;
  let working = size;
  for (; now < forMs; now += 500) {
    for (; working > 0; working -= 1) {
      lives.joined();
      lives.lost(life(), size);
    }
    working = size - lives.held(size);
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
    expect(lives.reason?.message).toBe("it died");
  });

  test("number seven an hour in the long run", () => {
    const day = bought(2, 24 * 60 * MINUTE);
    expect(day).toBeLessThan(10 + 24 * 7);
  });
});

test("A few young machines reclaimed by a spot market are replaced immediately", () => {
  for (let nth = 0; nth < 25; nth += 1) lives.lost(life({ workedMs: MINUTE }), 100);
  expect(lives.held(100)).toBe(0);
});

test("Machines that worked for five minutes are replaced immediately, however many are lost", () => {
  for (let nth = 0; nth < 1000; nth += 1) lives.lost(life({ workedMs: 5 * MINUTE }), 2);
  expect(lives.held(2)).toBe(0);
});

test("A series of losses is forgotten after half an hour without one, and on a new request", () => {
  for (let nth = 0; nth < 4; nth += 1) lives.lost(life(), 2);
  expect(lives.held(2)).toBe(1);
  now += 31 * MINUTE;
  lives.lost(life(), 2);
  expect(lives.held(2)).toBe(0);
  for (let nth = 0; nth < 3; nth += 1) lives.lost(life(), 2);
  expect(lives.held(2)).toBe(1);
  lives.askAnew();
  expect(lives.held(2)).toBe(0);
});

test("A machine that joined after the last loss and worked for five minutes resets the back-off; an older one does not", () => {
  now = 10 * MINUTE;
  for (let nth = 0; nth < 9; nth += 1) lives.lost(life(), 2);
  lives.works(10 * MINUTE);
  expect(lives.held(2)).toBeGreaterThan(0);
  now += 6 * MINUTE;
  lives.works(5 * MINUTE);
  expect(lives.held(2)).toBe(0);
});

test("Four machines in a row that never worked fail a waiting caller; a working one resets the count", () => {
  const failedBoot = life({ workedMs: undefined });
  for (let nth = 0; nth < 3; nth += 1) lives.lost(failedBoot, 9);
  expect(lives.hopeless).toBeUndefined();
  lives.joined();
  for (let nth = 0; nth < 3; nth += 1) lives.lost(failedBoot, 9);
  expect(lives.hopeless).toBeUndefined();
  lives.lost(failedBoot, 9);
  expect(lives.hopeless).toBe(failedBoot.reason);
});

test("A machine that reports a permanent failure is replaced after ten minutes, by one", () => {
  const hopeless = life({ workedMs: undefined, hopeless: true });
  for (let nth = 0; nth < 4; nth += 1) lives.lost(hopeless, 100);
  expect([lives.hopeless, lives.held(100)]).toEqual([hopeless.reason, 4]);
  now += 10 * MINUTE - 1;
  expect(lives.held(100)).toBe(4);
  now += 1;
  expect(lives.held(100)).toBe(3);
});
