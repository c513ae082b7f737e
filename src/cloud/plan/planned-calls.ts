import type { PlannedCall } from "../../provider/plan.ts";

/** A call that creates or deletes, exactly so often when nothing fails. */
export function changing(name: string, times: number): PlannedCall[] {
  return times === 0 ? [] : [{ name, least: times, most: times, changes: true }];
}

/** A call that creates or deletes, and is repeated while the cloud refuses it or has not done it. */
export function insisting(name: string, least: number): PlannedCall[] {
  return least === 0 ? [] : [{ name, least, most: undefined, changes: true }];
}

/** A call that reads, so often at most; a list with several pages is a call for each. */
export function reading(name: string, most: number, least = most): PlannedCall[] {
  return most === 0 ? [] : [{ name, least, most, changes: false }];
}

/** A call that reads until something has come to pass. */
export function waiting(name: string, least = 0): PlannedCall[] {
  return [{ name, least, most: undefined, changes: false }];
}

/** Calls of one name are one line: what changes anything comes first. */
export function callsTogether(...calls: readonly (readonly PlannedCall[])[]): readonly PlannedCall[] {
  const together = [...Map.groupBy(calls.flat(), ({ name }) => name)].map(([name, same]) => ({
    name,
    least: same.reduce((sum, { least }) => sum + least, 0),
    most: same.reduce(sumOf, 0),
    changes: same.some(({ changes }) => changes),
  }));
  return together.toSorted((a, b) => Number(b.changes) - Number(a.changes));
}

function sumOf(sum: number | undefined, { most }: PlannedCall): number | undefined {
  return sum === undefined || most === undefined ? undefined : sum + most;
}
