import { MARK, readingsOf } from "./console-text.ts";
import { gaveUpIn } from "./gave-up.ts";

/** Printed before a gave-up marker with status 78. */
const SAME_WAY = `${MARK}another machine would fail in the same way`;
/** Such a line quoted by another program, about machines of its own clusters. */
const QUOTED = /\| .*dask-fleet: /u;

/** Whether console output says that another machine would fail in the same way: wrong options, or nothing to run. */
export function isHopeless(log: string, clusterName: string): boolean {
  if (gaveUpIn(log, clusterName)?.reason.includes("(status 78)") === true) return true;
  return readingsOf(log).some((text) => text.split("\n").some((line) => line.includes(SAME_WAY) && !QUOTED.test(line)));
}
