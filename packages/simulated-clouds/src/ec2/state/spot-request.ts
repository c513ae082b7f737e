import type { LaunchPlan } from "../launch/plan.ts";
import type { Resource } from "./registry.ts";

/** The request that EC2 keeps for a spot instance. */
export interface SpotRequest extends Resource {
  readonly instanceId: string;
  readonly zone: string;
  readonly plan: LaunchPlan;
  readonly createdAt: Date;
  state: "active" | "closed" | "cancelled";
  /** Such as `fulfilled` or `instance-terminated-by-user`. */
  status: string;
}
