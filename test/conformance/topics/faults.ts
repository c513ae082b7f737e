import { FAULT_KINDS, type FaultKind } from "@dask-fleet/simulated-clouds";
import { describe, expect, test } from "vitest";

import { messageOf } from "../../../src/errors.ts";
import { patient } from "../../support/patience.ts";
import { asThereIsRoom } from "../as-there-is-room.ts";
import { type FaultCase, liveWith, nameOf, onlyFault, type Stubbornness } from "../fault-life.ts";
import { isInShare, SHARE } from "../fault-share.ts";
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
const DEADLY: readonly FaultKind[] = FAULT_KINDS.filter((kind) => kind !== "slow");

interface Faults {
  readonly kind: FaultKind;
  readonly cases: readonly FaultCase[];
  readonly count: number;
}

/** Fails one call after the other, in every way. Counts the calls first. */
export async function describeFaultAtEveryCall(
  provider: ProviderUnderTest,
  lasts: Exclude<Stubbornness, "dead">,
): Promise<void> {
  const operations = await rehearsal(provider);
  const calls = Array.from({ length: operations.length + MORE_CALLS }, (_, index) => index);
  // The order of concurrent calls varies.
  const mayChange = (index: number): boolean =>
    index >= operations.length ||
    operations.slice(Math.max(0, index - 2), index + 3).some((operation) => provider.isMutation(operation));
  const share = calls.filter((index) => isInShare(index, lasts));
  const all = FAULT_KINDS.map((kind) => faults(kind, lasts, AFTER_EFFECT.has(kind) ? share.filter(mayChange) : share));
  const what = lasts === "once" ? "once" : "until the SDK gives up";
  describe(`${provider.name}, ${total(all)} faults (${SHARE}): start, scale up, scale down and close`, () => {
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

/** One operation after the other stops working for good. */
export async function describeDeadOperations(provider: ProviderUnderTest): Promise<void> {
  const operations = [...new Set(await rehearsal(provider))];
  const changing = operations.filter((operation) => provider.isMutation(operation));
  const all = DEADLY.map((kind) => faults(kind, "dead", AFTER_EFFECT.has(kind) ? changing : operations));
  describe(`${provider.name}, ${total(all)} faults: a cluster whose calls of one operation`, () => {
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

function faults(kind: FaultKind, lasts: Stubbornness, where: readonly (number | string)[]): Faults {
  return { kind, cases: where.map((each) => ({ where: each, kind, lasts })), count: where.length };
}

function total(all: readonly Faults[]): number {
  return all.reduce((sum, { count }) => sum + count, 0);
}

async function problemsOf(provider: ProviderUnderTest, cases: readonly FaultCase[]): Promise<readonly string[]> {
  const only = onlyFault();
  const wanted = only === undefined ? cases : cases.filter((each) => nameOf(each) === only);
  const lives = await asThereIsRoom(wanted, (fault) => liveWith(provider, fault));
  const problems = lives.flatMap((life) =>
    life.status === "fulfilled" ? life.value.problems : [messageOf(life.reason)],
  );
  const missed = lives.filter((life) => life.status === "fulfilled" && !life.value.struck).length;
  // The number of reads depends on timing.
  return missed <= Math.max(MORE_CALLS, wanted.length / 2)
    ? problems
    : [...problems, `${missed} of ${wanted.length} faults have struck nothing`];
}
