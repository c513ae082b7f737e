import { DaskFleetError } from "../errors.ts";
import type { ResolvedClusterOptions } from "./cluster-options.ts";
import type { Machine } from "./machine.ts";

/** The group of `nWorkers` and `minWorkers`, and of machines without a group in their tags. */
export const DEFAULT_GROUP = "default";

/**
 * 1 to 20 lower-case letters, digits and `-`, a letter first and no `-` at the end: valid as a tag or label, in a machine's name, and as a
 * file's name.
 */
export const GROUP_NAME = /^[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?$/;

/** A group of equal worker machines: size, bounds, and options that override the cluster's. */
export interface WorkerGroup {
  /**
   * 1 to 20 lower-case letters, digits and `-`, a letter first and no `-` at the end. Options that name no groups mean one, `default`.
   */
  readonly name: string;
  /** Worker machines to start with. */
  readonly size: number;
  /** The lower bound of every target, except during removal. */
  readonly minimum: number;
  /** The upper bound of every target. Undefined: no bound. */
  readonly maximum?: number | undefined;
  /** A start fails when fewer machines of the group than this have joined in time. */
  readonly quorum: number;
  /**
   * Resolved options that override the cluster's for machines of this group, by name. The whole value is replaced: a group's `envVars`
   * are all that its machines get. Dask's `resources` are in its `workerOptions`.
   */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Numbers of machines by the name of the group. */
export type GroupSizes = Readonly<Record<string, number>>;

/** @throws DaskFleetError `CONFIG_INVALID` for an unknown group */
export function groupNamed<Group extends Pick<WorkerGroup, "name">>(name: string, groups: readonly Group[]): Group {
  const group = groups.find((each) => each.name === name);
  if (group !== undefined) return group;
  const names = groups.map((each) => each.name).join(", ");
  throw new DaskFleetError("CONFIG_INVALID", `Unknown worker group ${JSON.stringify(name)}. Known: ${names}.`);
}

/**
 * The group that a number of workers without a name means: the only one, or `default`.
 *
 * @throws DaskFleetError `CONFIG_INVALID` where there are several groups, and none of that name
 */
export function groupMeant<Group extends Pick<WorkerGroup, "name">>(groups: readonly Group[]): Group {
  const [only, ...others] = groups;
  const found = others.length === 0 ? only : groups.find(({ name }) => name === DEFAULT_GROUP);
  if (found !== undefined) return found;
  const names = groups.map(({ name }) => name).join(", ");
  throw new DaskFleetError("CONFIG_INVALID", `The cluster has several worker groups, ${names}: name those to scale.`);
}

/** The options of a machine: the cluster's, overridden by its group's. The scheduler's machine has no group. */
export function optionsFor<Options extends object>(options: Options, group: WorkerGroup | undefined): Options {
  return group === undefined ? options : { ...options, ...group.options };
}

/** The nearest number of machines within a group's bounds. */
export function withinBounds(
  machines: number,
  { minimum, maximum = Infinity }: Pick<WorkerGroup, "minimum" | "maximum">,
): number {
  return Math.min(maximum, Math.max(minimum, machines));
}

/** A worker machine's group; undefined for the scheduler's machine. Machines of older versions have no group in their tags. */
export function groupOf({ role, group = DEFAULT_GROUP }: Pick<Machine, "role" | "group">): string | undefined {
  return role === "worker" ? group : undefined;
}

/** A cluster's resolved options. `groups` override `nWorkers` and `minWorkers`. */
export interface GroupedOptions extends ResolvedClusterOptions {
  /** Undefined: one group, `default`, of `nWorkers` machines. */
  readonly groups?: readonly WorkerGroup[] | undefined;
}

/** The groups that options name; without any, one of `nWorkers` machines. */
export function groupsNamed({
  groups,
  nWorkers,
  minWorkers = nWorkers,
}: Pick<GroupedOptions, "groups" | "nWorkers" | "minWorkers">): readonly WorkerGroup[] {
  return groups ?? [{ name: DEFAULT_GROUP, size: nWorkers, minimum: 0, quorum: minWorkers, options: {} }];
}
