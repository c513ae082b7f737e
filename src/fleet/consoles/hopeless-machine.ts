import { MARK, readingsOf } from "./console-text.ts";
import { gaveUpIn } from "./gave-up.ts";

/** Said by what gives up on a machine with status 78. */
const SAME_WAY = `${MARK}another machine would fail in the same way`;
/** Such a line within what another program shows of its own clusters' machines. */
const QUOTED = /\| .*dask-fleet: /u;

/** Whether a machine's console says that another machine would fail in the same way: wrong options, or nothing there to run. */
export function isHopeless(log: string, clusterName: string): boolean {
  if (gaveUpIn(log, clusterName)?.reason.includes("(status 78)") === true) return true;
  return readingsOf(log).some((text) => text.split("\n").some((line) => line.includes(SAME_WAY) && !QUOTED.test(line)));
}
