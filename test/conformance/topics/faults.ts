import { FAULT_KINDS, type FaultKind } from "@dask-fleet/simulated-clouds";
import { describe, expect, test } from "vitest";

import { messageOf } from "../../../src/errors.ts";
import { DRAWN, drawn } from "../../support/drawn.ts";
import { patient } from "../../support/patience.ts";
import { asThereIsRoom } from "../as-there-is-room.ts";
import { type FaultCase, liveWith, nameOf, onlyFault, type Stubbornness } from "../fault-life.ts";
import { LIFE_NAMES, type LifeName } from "../lives.ts";
import type { ProviderUnderTest } from "../provider-under-test.ts";
import { rehearsal } from "../rehearsal.ts";
import { ownState } from "../world.ts";

/** For all kinds of fault, which run together. */
const TIMEOUT_MS = patient(600_000);
/** A lifecycle with a fault has more calls than one without. */
const MORE_CALLS = 3;
/** At a call that changes nothing these are the same as `error-before` and `cut`. */
const AFTER_EFFECT: ReadonlySet<FaultKind> = new Set<FaultKind>(["error-after", "lost-reply"]);
/** Endless slowness is no separate fault: timeouts end it. */
const WAYS: readonly Exclude<Stubbornness, "dead">[] = ["once", "stubborn"];
const DEADLY: readonly FaultKind[] = FAULT_KINDS.filter((kind) => kind !== "slow");

/**
 * Fails one call after the other with every kind of fault: in each run once, or until the SDK gives up, in the life with one group or in that
 * with two. Counts the calls first.
 */
export async function describeFaultAtEveryCall(
  provider: ProviderUnderTest,
  lasts: Exclude<Stubbornness, "dead">,
): Promise<void> {
  const lives = await rehearsals(provider);
  const waysOf = (kind: FaultKind): readonly FaultCase[] =>
    lives.flatMap(({ life, operations }) => {
      const calls = Array.from({ length: operations.length + MORE_CALLS }, (_, index) => index);
      // The order of concurrent calls varies.
      const mayChange = (index: number): boolean =>
        index >= operations.length ||
        operations.slice(Math.max(0, index - 2), index + 3).some((operation) => provider.isMutation(operation));
      const places = AFTER_EFFECT.has(kind) ? calls.filter(mayChange) : calls;
      return places.flatMap((where) => WAYS.map((how) => ({ life, where, kind, lasts: how })));
    });
  const all = FAULT_KINDS.map((kind) => shareOf(kind, waysOf(kind), (each) => each.lasts === lasts));
  const what = lasts === "once" ? "once" : "until the SDK gives up";
  describe(`${provider.name}, ${total(all)} faults (${DRAWN}): start, scale up, scale down and close`, () => {
    ownState();
    test.concurrent.for(all)(
      `survive "$kind" at $count calls, ${what}, or fail with the reason; nothing is ever left`,
      { timeout: TIMEOUT_MS },
      async ({ cases }) => {
        expect(await problemsOf(provider, cases)).toEqual([]);
      },
    );
  });
}

interface Faults {
  readonly kind: FaultKind;
  readonly cases: readonly FaultCase[];
  readonly count: number;
}

/** One operation after the other stops working for good, with one group or with two. */
export async function describeDeadOperations(provider: ProviderUnderTest): Promise<void> {
  const lives = await rehearsals(provider);
  const waysOf = (kind: FaultKind): readonly FaultCase[] =>
    lives.flatMap(({ life, operations }) =>
      [...new Set(operations)]
        .filter((operation) => !AFTER_EFFECT.has(kind) || provider.isMutation(operation))
        .map((where) => ({ life, where, kind, lasts: "dead" })),
    );
  const all = DEADLY.map((kind) => shareOf(kind, waysOf(kind)));
  describe(`${provider.name}, ${total(all)} faults (${DRAWN}): a cluster whose calls of one operation`, () => {
    ownState();
    test.concurrent.for(all)(
      'always end in "$kind" ($count operations) is removed by a second close, and the first lists what is left',
      { timeout: TIMEOUT_MS },
      async ({ cases }) => {
        expect(await problemsOf(provider, cases)).toEqual([]);
      },
    );
  });
}

/** Of the ways of one kind, those drawn for this run; with `DASK_FLEET_FAULT` that one, drawn or not. */
function shareOf(
  kind: FaultKind,
  ways: readonly FaultCase[],
  isOurs: (each: FaultCase) => boolean = () => true,
): Faults {
  const only = onlyFault();
  const share =
    only === undefined ? drawn(ways, ({ where }) => `${kind} ${where}`) : ways.filter((each) => nameOf(each) === only);
  const cases = share.filter(isOurs);
  return { kind, cases, count: cases.length };
}

function total(all: readonly Faults[]): number {
  return all.reduce((sum, { count }) => sum + count, 0);
}

async function rehearsals(
  provider: ProviderUnderTest,
): Promise<readonly { readonly life: LifeName; readonly operations: readonly string[] }[]> {
  return await Promise.all(LIFE_NAMES.map(async (life) => ({ life, operations: await rehearsal(provider, life) })));
}

async function problemsOf(provider: ProviderUnderTest, cases: readonly FaultCase[]): Promise<readonly string[]> {
  const lives = await asThereIsRoom(cases, (fault) => liveWith(provider, fault));
  const problems = lives.flatMap((life) =>
    life.status === "fulfilled" ? life.value.problems : [messageOf(life.reason)],
  );
  const missed = lives.filter((life) => life.status === "fulfilled" && !life.value.struck).length;
  // The number of reads depends on timing.
  return missed <= Math.max(MORE_CALLS, cases.length / 2)
    ? problems
    : [...problems, `${missed} of ${cases.length} faults have struck nothing`];
}
