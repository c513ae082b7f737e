import fc from "fast-check";
import { expect, test } from "vitest";

import type { ErrorCode } from "../../../src/errors.ts";
import { seedOfRun } from "../../support/seed.ts";
import { live, type Sequence, sequences } from "../../support/sequence.ts";
import { FakeCloud, type Fault } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

const { files } = ownStateDirectory();

const RUNS = 60;
const CLOUD_TROUBLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "CAPACITY_UNAVAILABLE",
  "MACHINE_CREATE_FAILED",
  // A close with this error can be retried.
  "TEARDOWN_INCOMPLETE",
]);

interface Weather {
  /** The faults of consecutive calls to the cloud; later calls succeed. */
  readonly faults: readonly (Fault | undefined)[];
  readonly listLagMs: number;
}

const weather: fc.Arbitrary<Weather> = fc.record({
  faults: fc.array(fc.constantFrom<Fault | undefined>("fail", "lose", undefined, undefined, undefined, undefined), {
    maxLength: 30,
    size: "max",
  }),
  listLagMs: fc.constantFrom(0, 40),
});

async function run(sequence: Sequence, { faults, listLagMs }: Weather): Promise<void> {
  await using cloud = await FakeCloud.open();
  cloud.listLagMs = listLagMs;
  cloud.fault = (_verb, _nth, call) => faults[call - 1];
  const cluster = new FakeCluster({
    cloud,
    listLagMs: listLagMs * 3,
    nWorkers: sequence.nWorkers,
    lostWorkerTimeoutMs: 50,
    startTimeoutMs: 15_000,
    closeTimeoutMs: 5000,
  });
  cluster.onProgress(() => undefined);
  const kill = async (id: string): Promise<void> => {
    cloud.kill(id);
    if (id === "m1") await cloud.dask.end();
  };
  const cap = await live(sequence, { cluster, kill, alsoExpected: CLOUD_TROUBLE, timeoutMs: 16_000 });
  expect(cloud.peak).toBeLessThanOrEqual(cap);
  expect([cluster.state, cloud.empty]).toEqual(["closed", true]);
}

test("Any sequence of events stays within the machine limit, never hangs, and leaves nothing behind", async () => {
  const seed = seedOfRun();
  const lives = fc.sample(fc.tuple(sequences, weather), { numRuns: RUNS, seed });
  const outcomes = await Promise.allSettled(lives.map((each) => run(...each)));
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.status === "rejected" ? [`${JSON.stringify(lives[index])}\n${(outcome.reason as Error).stack}`] : [],
  );
  expect(failures, `DASK_FLEET_SEED=${seed}`).toEqual([]);
  expect(await files()).toEqual([]);
}, 60_000);
