import type { Machine } from "../../../src/cluster/machine.ts";
import type { NodeView } from "../../../src/cluster/plan.ts";

/** A running worker machine whose Dask name is its id. */
export function worker(id: string, more: Partial<Machine> = {}): Machine {
  return { id, nodeName: id, role: "worker", state: "running", ...more };
}

/** What is known of a machine that has joined and works. */
export function working(id: string, more: Partial<NodeView> = {}): NodeView {
  return { machine: worker(id), joined: true, everJoined: true, absentMs: 0, unlistedMs: undefined, ...more };
}
