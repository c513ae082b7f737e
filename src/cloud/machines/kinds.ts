import type { MachineRole } from "../../provider/role.ts";
import { DEFAULT_GROUP, optionsFor, type WorkerGroup } from "../../provider/worker-group.ts";

/** Machines that are asked for alike: the scheduler's, or those of a worker group. */
export interface MachineKind<Options extends object> {
  readonly role: MachineRole;
  /** Undefined for the scheduler. */
  readonly group: WorkerGroup | undefined;
  /** The cluster's, overridden by the group's. */
  readonly options: Options;
}

/** The kind of a request's machines. A worker without a group is one of `default`, with the cluster's options. */
export function kindOf<Options extends object>(
  options: Options,
  { role, group }: Pick<MachineKind<Options>, "role"> & { readonly group?: WorkerGroup | undefined },
): MachineKind<Options> {
  return role === "scheduler"
    ? { role, group: undefined, options }
    : { role, group, options: optionsFor(options, group) };
}

/** The kinds of a cluster's machines, the scheduler's first. */
export function kindsOf<Options extends object>(
  options: Options,
  groups: readonly WorkerGroup[],
): readonly MachineKind<Options>[] {
  const workers = groups.map((group) => kindOf(options, { role: "worker", group }));
  return [kindOf(options, { role: "scheduler" }), ...workers];
}

/** A kind as a key: `scheduler`, or the place of the group's options. */
export function kindKey({ role, group }: Pick<MachineKind<object>, "role" | "group">): string {
  return role === "scheduler" ? role : `workers.${group?.name ?? DEFAULT_GROUP}`;
}

/** Whether an error must say whose the machines are: not for a cluster without named groups. */
export function isOfNamedGroup({ group }: Pick<MachineKind<object>, "group">): boolean {
  return group !== undefined && group.name !== DEFAULT_GROUP;
}

/** For errors: `scheduler`, `worker`, or `gpu worker` for one of the group `gpu`. */
export function kindInWords(kind: Pick<MachineKind<object>, "role" | "group">): string {
  return isOfNamedGroup(kind) ? `${kind.group?.name} ${kind.role}` : kind.role;
}

/** For errors: ` for gpu worker machines`, and nothing where it is plain whose they are. */
export function forKind(kind: Pick<MachineKind<object>, "role" | "group">): string {
  return isOfNamedGroup(kind) ? ` for ${kindInWords(kind)} machines` : "";
}

/**
 * Where a kind has an option from: `diskSize`, or `workers.gpu.diskSize` where it is the group's own.
 *
 * @param own the group's name of it, where that is another than the cluster's
 */
export function optionInWords(
  { group }: Pick<MachineKind<object>, "group">,
  option: string,
  own: string = option,
): string {
  const isOwn = group !== undefined && Object.hasOwn(group.options, option);
  return isOwn ? `workers.${group.name}.${own}` : option;
}
