import type { Holder } from "./holder.ts";
import type { ProcessIdentity, Vantage } from "./process-identity.ts";

/** A lease at one moment. */
export interface LeaseSight {
  /** Undefined when its file is damaged: then only the age decides. */
  readonly holder: Holder | undefined;
  /** Whether its holder released it. */
  readonly released: boolean;
  /** Milliseconds since the last renewal, by the file system's clock; negative when that clock was set back. */
  readonly ageMs: number;
}

/**
 * - `held`: its holder lives, or sent a heartbeat recently.
 * - `free`: its holder has ended, or released it.
 * - `silent`: no heartbeat for long, and the holder's process is out of sight. A successor listens once more.
 */
export type Judgement = "held" | "free" | "silent";

/** Whether a pid of that place means the same process here. Pure. */
export function isInSight({ bootId, pidNamespace }: Holder, here: Vantage): boolean {
  return (
    bootId !== undefined && pidNamespace !== undefined && bootId === here.bootId && pidNamespace === here.pidNamespace
  );
}

/**
 * Decides whether the holder leads the cluster. Pure.
 *
 * @param now the process with the holder's pid here; used only when the holder is in sight
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
  // Records without a lease told no more than this; both matching is no coincidence.
  if (holder?.bootId === undefined && holder?.startTime !== undefined && holder.startTime === now?.startTime)
    return "held";
  // A clock that was set back makes an old lease look new.
  return Math.abs(ageMs) > silentMs ? "silent" : "held";
}
