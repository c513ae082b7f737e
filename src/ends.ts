import { durationInWords } from "./text/durations.ts";

/** The options that end a cluster by themselves. */
export interface EndOptions {
  readonly idleTimeoutMs?: number | undefined;
  readonly noClientTimeoutMs?: number | undefined;
}

/** What ends a cluster by itself; undefined: it does not. */
export interface ClusterEnds {
  readonly idleMs: number | undefined;
  readonly noClientMs: number | undefined;
  readonly expiresAt: Date | undefined;
}

/** The ends of a cluster. As an option, 0 means never. */
export function endsOf({ idleTimeoutMs = 0, noClientTimeoutMs = 0 }: EndOptions, expiresAt?: Date): ClusterEnds {
  return {
    idleMs: idleTimeoutMs === 0 ? undefined : idleTimeoutMs,
    noClientMs: noClientTimeoutMs === 0 ? undefined : noClientTimeoutMs,
    expiresAt,
  };
}

/** `ends after 20 min without work, after 5 min without a client`; undefined when only `close()` ends the cluster. */
export function endsInWords({ idleMs, noClientMs, expiresAt }: ClusterEnds): string | undefined {
  const ends = [
    ...(idleMs === undefined ? [] : [`after ${durationInWords(idleMs)} without work`]),
    ...(noClientMs === undefined ? [] : [`after ${durationInWords(noClientMs)} without a client`]),
    ...(expiresAt === undefined ? [] : [`at ${expiresAt.toISOString()}`]),
  ];
  return ends.length === 0 ? undefined : `ends ${ends.join(", ")}`;
}
