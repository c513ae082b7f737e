import type { NodeSpec } from "../node-spec.ts";

/** Whether the scheduler carries the dashboard's gate. */
export function hasGate(spec: NodeSpec): boolean {
  return spec.role === "scheduler" && (spec.security !== undefined || (spec.gatePlain ?? false));
}
