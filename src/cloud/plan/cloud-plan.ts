import { DEFAULT_NODE_PORTS } from "../../bootstrap/node-spec.ts";
import type { MachineRequest } from "../../provider/machine.ts";
import type { PlannedDoor, PlannedMachines, PlanRequest } from "../../provider/plan.ts";
import type { MachineRole } from "../../provider/role.ts";
import { machineTags, type Tags } from "../../provider/tags.ts";
import { DEFAULT_GROUP, type WorkerGroup } from "../../provider/worker-group.ts";
import { batchesOf } from "../api/in-batches.ts";
import type { ResolvedVmOptions } from "../cloud-options.ts";
import { type MachineKind, kindsOf } from "../machines/kinds.ts";
import { capacityTypesOf, hasPublicIp } from "../machines/placement.ts";

/** The machines of a plan, before a cloud has said what they are. */
export interface MachinesAsked {
  readonly role: MachineRole;
  /** As in their tags: undefined for the scheduler and for `default`. */
  readonly group: string | undefined;
  /** As in their request: undefined for the scheduler. */
  readonly workerGroup: WorkerGroup | undefined;
  readonly count: number;
  /** dask-fleet's own. */
  readonly tags: Tags;
}

/** The request that a start makes, without what is of no matter to a plan: user data and the idempotency token. */
export function requestFor({ role, workerGroup, count, tags }: MachinesAsked): MachineRequest {
  return { role, group: workerGroup, count, tags, userData: new Uint8Array(), token: "" };
}

/** What a cloud says of machines; the rest follows from options that all clouds share. */
export type CloudMachines = Omit<PlannedMachines, "role" | "group" | "count" | "markets" | "publicAddress">;

/**
 * The scheduler's machine, and those of each worker group, as they are asked for.
 *
 * @param describe takes the options of these very machines: the cluster's, overridden by the group's
 */
export function plannedMachines<Options extends Pick<ResolvedVmOptions, "publicIp" | "workerPublicIp" | "spot">>(
  { tags, groups }: Pick<PlanRequest, "tags" | "groups">,
  options: Options,
  describe: (asked: MachinesAsked, options: Options) => CloudMachines,
): readonly PlannedMachines[] {
  return kindsOf(options, groups).map(({ role, group, options: own }: MachineKind<Options>): PlannedMachines => {
    const name = group?.name;
    const count = group?.size ?? 1;
    const asked = { role, count, workerGroup: group, tags: machineTags(tags, role, name) };
    return {
      role,
      group: name,
      count,
      markets: capacityTypesOf(role, own.spot),
      publicAddress: hasPublicIp(role, own),
      ...describe({ ...asked, group: name === DEFAULT_GROUP ? undefined : name }, own),
    };
  });
}

/** Calls for the workers of all groups, when the first candidate has capacity for all. */
export function workerBatches({ groups }: Pick<PlanRequest, "groups">, largest: number): number {
  return groups.reduce((sum, { size }) => sum + batchesOf(size, largest).length, 0);
}

/**
 * What the cluster's own firewall lets in from outside.
 *
 * @param found ranges that a look has resolved
 */
export function plannedDoors(
  { allowedCidrs, publicIp }: Pick<ResolvedVmOptions, "allowedCidrs" | "publicIp">,
  found: readonly string[] | undefined,
): readonly PlannedDoor[] {
  const looked = publicIp
    ? "this computer's public address, looked up at the start"
    : "the network's own addresses, looked up at the start";
  const ports = [DEFAULT_NODE_PORTS.scheduler, DEFAULT_NODE_PORTS.gate];
  return [{ to: "scheduler", protocol: "tcp", ports, from: found ?? allowedCidrs ?? [looked] }];
}

/** What machines do when the cluster's time is up, by a cloud's sentence; another without `autoShutdown`. */
export function endOf({ autoShutdown }: Pick<ResolvedVmOptions, "autoShutdown">, usual: string): string {
  return autoShutdown ? usual : "Dask ends. Its machines stay on and are charged for (`autoShutdown` is false).";
}

/** One or several in words: `us-east-1a, us-east-1b`; otherwise how the cloud decides. */
export function listed(values: readonly string[], otherwise: string): string {
  return values.length === 0 ? otherwise : values.join(", ");
}
