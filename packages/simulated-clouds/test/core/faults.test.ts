import { afterEach, beforeEach, expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import type { FaultKind } from "../../src/core/faults.ts";
import { ask } from "./toy-client.ts";
import { ToyCloud } from "./toy-cloud.ts";

let cloud: ToyCloud;
beforeEach(async () => {
  cloud = await new ToyCloud({ slowMs: 100_000 }).start();
});
afterEach(async () => {
  expect(cloud.violations).toEqual([]);
  await cloud[Symbol.asyncDispose]();
});

/** What the client sees of one create call, and how many machines there are afterwards. */
async function create(body: unknown = {}): Promise<{ seen: unknown; machines: number }> {
  const seen = await ask(cloud, "POST", "/machines", body).then(
    ([status]) => status,
    (error: unknown) => ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code,
  );
  return { seen, machines: cloud.machines.length };
}

const CUT_OFF = expect.stringMatching(/^(UND_ERR_SOCKET|ECONNRESET)$/) as unknown;

test.for<[FaultKind, unknown, number]>([
  ["error-before", 500, 0],
  ["error-after", 500, 1],
  ["lost-reply", CUT_OFF, 1],
  ["cut", CUT_OFF, 0],
  ["throttle", 429, 0],
  ["slow", 201, 1],
])("%s does on the wire what its name says", async ([kind, seen, machines]) => {
  cloud.faults.at(0, kind);
  expect(await create()).toEqual({ seen, machines });
  expect(cloud.faults.fired).toBe(1);
  const status = typeof seen === "number" ? seen : undefined;
  expect(cloud.calls.entries).toMatchObject([{ index: 0, operation: "postMachines", status, fault: kind }]);
  expect(await create()).toEqual({ seen: 201, machines: machines + 1 });
});

test("a slow response waits on the simulated clock, its effect does not", async () => {
  cloud.faults.at(0, "slow");
  const from = cloud.clock.now();
  const creating = create();
  await until("the call", () => cloud.calls.count() === 1, 5000);
  expect(cloud.machines).toHaveLength(1);
  await creating;
  expect(cloud.clock.now() - from).toBeGreaterThanOrEqual(100_000);
});

test("a fault hits the call of its index only, and identical retries", async () => {
  cloud.faults.at(1, "throttle", { times: 3 });
  const seen: unknown[] = [];
  const bodies = [{ n: 1 }, { n: 2 }, { n: 2 }, { n: 3 }, { n: 2 }, { n: 2 }];
  for (const body of bodies) seen.push((await create(body)).seen);
  expect(seen).toEqual([201, 429, 429, 201, 429, 201]);
  expect(cloud.faults.fired).toBe(3);
});

test("a fault hits the calls of an operation, counted from when it was set", async () => {
  await create();
  cloud.faults.onOperation("postMachines", "error-before", { nth: 1, times: 2 });
  const seen: unknown[] = [];
  for (const path of ["post", "get", "post", "get", "post", "post"]) {
    seen.push(path === "post" ? (await create()).seen : (await ask(cloud, "GET", "/machines"))[0]);
  }
  expect(seen).toEqual([201, 200, 500, 200, 500, 201]);
  cloud.faults.onOperation("postMachines", "cut", { times: Infinity });
  cloud.faults.clear();
  expect((await create()).seen).toBe(201);
});

test("of several matching faults the first one set wins", async () => {
  cloud.faults.at(0, "throttle");
  cloud.faults.onOperation("postMachines", "error-before", { times: 2 });
  const seen = [(await create()).seen, (await create()).seen, (await create()).seen];
  expect(seen).toEqual([429, 500, 201]);
});
