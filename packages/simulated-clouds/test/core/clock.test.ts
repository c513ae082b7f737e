import { expect, test } from "vitest";

import { SimClock } from "../../src/core/clock.ts";

test("simulated time runs faster by the factor `speed`", async () => {
  const clock = new SimClock({ speed: 10_000 });
  const [from, realFrom] = [clock.now(), performance.now()];
  await clock.sleep(300_000);
  const [simulated, real] = [clock.now() - from, performance.now() - realFrom];
  expect(simulated).toBeGreaterThanOrEqual(300_000);
  expect(simulated / real).toBeCloseTo(10_000, -4);
  clock.dispose();
});

test("it starts at the real time, so that real timestamps in user data make sense", () => {
  expect(Math.abs(new SimClock().now() - Date.now())).toBeLessThan(10_000);
});

test("timers fire in the order of their simulated times", async () => {
  const clock = new SimClock();
  const order: number[] = [];
  for (const simMs of [30_000, 10_000, 20_000]) clock.after(simMs, () => order.push(simMs));
  await clock.sleep(60_000);
  expect(order).toEqual([10_000, 20_000, 30_000]);
});

test("cancelled timers never fire, nor does any timer of a disposed clock", async () => {
  const clock = new SimClock();
  const happened: string[] = [];
  clock.after(1000, () => happened.push("kept"));
  clock.after(1000, () => happened.push("called off"))();
  await clock.sleep(2000);
  clock.after(5000, () => happened.push("too late"));
  const sleeping = clock.sleep(3_600_000_000);
  clock.dispose();
  await sleeping;
  await clock.sleep(3_600_000_000);
  clock.after(1, () => happened.push("never"));
  await new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
  expect(happened).toEqual(["kept"]);
});

test("a timer beyond the longest delay never fires", async () => {
  const clock = new SimClock({ speed: 1 });
  let came = false;
  clock.after(400 * 24 * 3_600_000, () => {
    came = true;
  });
  await clock.sleep(20);
  expect(came).toBe(false);
  clock.dispose();
});
