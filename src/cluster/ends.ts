import { type ClusterEnds, endsInWords } from "../ends.ts";
import { DaskFleetError } from "../errors.ts";
import type { ProgressEvent } from "../progress.ts";
import { durationInWords } from "../text/durations.ts";

/** The options of clusters whose record names none: an older version started them, without time-outs by default. */
export const NO_ENDS = { idleTimeoutMs: 0, noClientTimeoutMs: 0 } as const;

/** The same as the end of a summary. */
export function andEnds(ends: ClusterEnds): string {
  const words = endsInWords(ends);
  return words === undefined ? "" : `; ${words}`;
}

/** What does not hold on a scheduler without the agent: sentences that begin with a space, or nothing. */
export function withoutAgentInWords({ idleMs, noClientMs }: ClusterEnds): string {
  const sentences = [
    ...(noClientMs === undefined ? [] : ["`noClientTimeoutMs` does not end it."]),
    ...(idleMs === undefined
      ? []
      : [`Dask's own idle time-out still does, after ${durationInWords(idleMs)} without tasks.`]),
  ];
  return sentences.map((sentence) => ` ${sentence}`).join("");
}

/** The event by which a start says that its cluster ends by itself; undefined when only `close()` ends it. */
export function endsEvent(ends: ClusterEnds): ProgressEvent | undefined {
  const message = endsInWords(ends);
  const { idleMs: idleTimeoutMs, noClientMs: noClientTimeoutMs, expiresAt } = ends;
  return message === undefined ? undefined : { type: "ends", message, idleTimeoutMs, noClientTimeoutMs, expiresAt };
}

/** @throws DaskFleetError `CONFIG_INVALID` unless the cluster can have that deadline */
export function assertDeadline(when: Date, { expiresAt }: ClusterEnds): void {
  const wrong = (what: string): DaskFleetError =>
    new DaskFleetError("CONFIG_INVALID", `Expected setDeadline() to get ${what}`);
  if (Number.isNaN(when.getTime())) throw wrong("a valid Date");
  if (when.getTime() <= Date.now()) throw wrong(`a time that is not over, got ${when.toISOString()}`);
  if (expiresAt === undefined || when <= expiresAt) return;
  throw wrong(
    `a time up to the end of the machines' lifetime at ${expiresAt.toISOString()} (maxLifetimeMs), got ${when.toISOString()}`,
  );
}
