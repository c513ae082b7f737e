import type { Holder } from "./holder.ts";
import type { ProcessIdentity, Vantage } from "./process-identity.ts";

/** What is seen of a lease at a moment. */
export interface LeaseSight {
  /** Undefined where its file is damaged: then only its age speaks. */
  readonly holder: Holder | undefined;
  /** Its holder has given it up. */
  readonly released: boolean;
  /** How long ago its holder renewed it, by the file system's clock, in milliseconds; below 0 where that clock was set back. */
  readonly ageMs: number;
}

/**
 * - `held`: its holder lives, or was heard a short time ago.
 * - `free`: its holder has ended, or has given it up.
 * - `silent`: no heartbeat for long, and the holder's process cannot be seen. A successor listens once more.
 */
export type Judgement = "held" | "free" | "silent";

/** Pure. Whether a process number can be asked about from here; anywhere else it names another process. */
export function isInSight({ bootId, pidNamespace }: Holder, here: Vantage): boolean {
  return (
    bootId !== undefined && pidNamespace !== undefined && bootId === here.bootId && pidNamespace === here.pidNamespace
  );
}

/**
 * Pure: the whole of "does its holder look after the cluster?".
 *
 * @param now the process that has the holder's number here; looked at only where the holder is in sight
 */
export function judge(
  { holder, released, ageMs }: LeaseSight,
  {
    here,
    now,
    silentMs,
  }: { readonly here: Vantage; readonly now: ProcessIdentity | undefined; readonly silentMs: number },
): Judgement {
  if (released) return "free";
  if (holder !== undefined && isInSight(holder, here)) {
    const isSame = now !== undefined && !now.ended && (holder.startTime ?? now.startTime) === now.startTime;
    return isSame ? "held" : "free";
  }
  // Before there were leases, a record told no more; that both agree is no chance.
  if (holder?.bootId === undefined && holder?.startTime !== undefined && holder.startTime === now?.startTime)
    return "held";
  // A clock that was set back makes a lease of long ago look new.
  return Math.abs(ageMs) > silentMs ? "silent" : "held";
}
