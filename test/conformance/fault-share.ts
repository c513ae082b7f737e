import type { Stubbornness } from "./fault-life.ts";

const DAY_MS = 86_400_000;

/**
 * Which faults a run puts clusters through. A call is struck either once or until the SDK gives up, and the other way the next day: half of
 * the processor time, and every fault in two days. `DASK_FLEET_FAULTS=all` strikes every call in both ways, `0` and `1` name a share.
 */
const share = process.env["DASK_FLEET_FAULTS"] ?? String(Math.floor(Date.now() / DAY_MS) % 2);

/** For titles of tests. */
export const SHARE = share === "all" ? "all" : `DASK_FLEET_FAULTS=${share}`;

/** @param call the index of a call in a cluster's life */
export function isInShare(call: number, lasts: Exclude<Stubbornness, "dead">): boolean {
  return share === "all" || (call + Number(share)) % 2 === (lasts === "once" ? 0 : 1);
}
