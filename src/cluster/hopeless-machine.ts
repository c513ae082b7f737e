import type { Farewell } from "./farewell.ts";

/** Whether a machine's own words say that another machine would fail in the same way: `templates/start-node.sh` ends with 78 for that. */
export function isHopeless({ reason }: Farewell): boolean {
  return reason.endsWith("(status 78)");
}
