import { farewellIn } from "./farewell.ts";

/** Said by `templates/start-node.sh` before it ends with status 78. */
const SAME_WAY = "dask-fleet: another machine would fail in the same way";

/** Whether a machine's console says that another machine would fail in the same way: wrong options, or nothing there to run. */
export function isHopeless(log: string, clusterName: string): boolean {
  const reason = farewellIn(log, clusterName)?.reason ?? "";
  return reason.endsWith("(status 78)") || log.includes(SAME_WAY);
}
