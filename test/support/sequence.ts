import fc from "fast-check";

import type { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { Deadline } from "../../src/deadline.ts";
import { DaskFleetError, type ErrorCode } from "../../src/errors.ts";
import { within } from "../../src/wait.ts";

/** One event in a cluster's life. Calls that are not awaited continue during the next events. */
type Step =
  | { readonly does: "scale"; readonly workers: number; readonly waits: boolean }
  | { readonly does: "adapt"; readonly minimum: number; readonly more: number }
  | { readonly does: "stop adapting" }
  | { readonly does: "kill worker"; readonly which: number }
  | { readonly does: "kill scheduler" }
  | { readonly does: "close"; readonly waits: boolean };

/** A cluster's life; it ends with a close. */
export interface Sequence {
  readonly nWorkers: number;
  readonly waitsForStart: boolean;
  readonly steps: readonly Step[];
}

const mostly = fc.integer({ min: 0, max: 9 }).map((number) => number > 1);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ does: fc.constant("scale"), workers: fc.nat(3), waits: mostly }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("adapt"), minimum: fc.nat(2), more: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("stop adapting") }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("kill worker"), which: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("kill scheduler") }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("close"), waits: fc.boolean() }) },
);

export const sequences: fc.Arbitrary<Sequence> = fc.record({
  nWorkers: fc.nat(2),
  waitsForStart: mostly,
  steps: fc.array(step, { minLength: 1, maxLength: 4, size: "max" }),
});

/** The errors that a call may throw when the cluster ends during it. Timeouts are excluded: no call may wait that long. */
const EXPECTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["CLOSED", "WRONG_STATE", "SCHEDULER_UNREACHABLE"]);

export interface World {
  readonly cluster: ClusterManager;
  readonly kill: (machineId: string) => Promise<void>;
  /** Additional errors that a call may throw. */
  readonly alsoExpected?: ReadonlySet<ErrorCode>;
  readonly timeoutMs: number;
}

/** Runs a cluster's life to its end, and returns the highest target of workers in it. */
export async function live({ nWorkers, waitsForStart, steps }: Sequence, world: World): Promise<number> {
  const { cluster, kill, alsoExpected = new Set(), timeoutMs } = world;
  const underWay: Promise<string>[] = [];
  const outcome = async (what: string, call: Promise<unknown>): Promise<string> => {
    try {
      await within(what, new Deadline(timeoutMs), () => call);
      return "done";
    } catch (error) {
      if (!(error instanceof DaskFleetError)) throw error;
      if (!EXPECTED.has(error.code) && !alsoExpected.has(error.code)) throw error;
      return error.code;
    }
  };
  const act = async (what: string, waits: boolean, call: Promise<unknown>): Promise<void> => {
    const settled = outcome(what, call);
    settled.catch(() => undefined);
    underWay.push(settled);
    if (waits) await settled;
  };
  let cap = nWorkers;
  await act("start()", waitsForStart, cluster.start());
  for (const step of steps) {
    switch (step.does) {
      case "scale":
        cap = Math.max(cap, step.workers);
        await act(`scale(${step.workers})`, step.waits, cluster.scale(step.workers));
        break;
      case "adapt": {
        const { minimum, more } = step;
        cap = Math.max(cap, minimum + more);
        const options = { minimum, maximum: minimum + more, intervalMs: 50, waitCount: 1 };
        await act("adapt()", true, cluster.adapt(options));
        break;
      }
      case "stop adapting":
        await act("stopAdapting()", true, cluster.stopAdapting());
        break;
      case "kill worker":
      case "kill scheduler": {
        const role = step.does === "kill worker" ? "worker" : "scheduler";
        const machines = await cluster.machines().catch(() => []);
        const candidates = machines.filter((machine) => machine.role === role && machine.state === "running");
        const victim = candidates[(step.does === "kill worker" ? step.which : 0) % Math.max(1, candidates.length)];
        if (victim !== undefined) await kill(victim.id);
        break;
      }
      case "close":
        await act("close()", step.waits, cluster.close());
        break;
    }
  }
  await Promise.all(underWay);
  while (cluster.state !== "closed") await act("close()", true, cluster.close());
  return cap;
}
