import type { NodeView } from "../../../src/fleet/plan.ts";
import type { Machine } from "../../../src/provider/machine.ts";

/** A running worker machine whose Dask name is its id. */
export function worker(id: string, more: Partial<Machine> = {}): Machine {
  return { id, nodeName: id, role: "worker", state: "running", ...more };
}

/** A machine that has joined and works. */
export function working(id: string, more: Partial<NodeView> = {}): NodeView {
  return {
    machine: worker(id),
    registered: 1,
    joined: true,
    everJoined: true,
    wasComplete: true,
    absentMs: 0,
    incompleteMs: 0,
    idleMs: undefined,
    workedMs: 0,
    unlistedMs: undefined,
    ...more,
  };
}

/** A machine whose worker was last seen so long ago, or never. */
export function without(id: string, absentMs: number, more: Partial<NodeView> = {}): NodeView {
  return working(id, { registered: 0, joined: false, absentMs, incompleteMs: absentMs, ...more });
}

/** A machine created so long ago, without a worker yet. */
export function booting(id: string, absentMs: number): NodeView {
  return without(id, absentMs, { everJoined: false, wasComplete: false, workedMs: undefined });
}
