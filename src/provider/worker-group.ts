import { DaskFleetError } from "../errors.ts";
import type { ResolvedClusterOptions } from "./cluster-options.ts";
import type { Machine } from "./machine.ts";

/** The group that `nWorkers` and `minWorkers` mean, and that machines belong to which name none. */
export const DEFAULT_GROUP = "default";

/**
 * 1 to 20 lower-case letters, digits and `-`, a letter first and no `-` at the end: what every cloud takes as the value of a tag or a
 * label, and in a machine's name; also what a file's name may be.
 */
export const GROUP_NAME = /^[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?$/;

/** Worker machines that are alike: how many there are to be, and what differs from the cluster's options for them. */
export interface WorkerGroup {
  /**
   * 1 to 20 lower-case letters, digits and `-`, a letter first and no `-` at the end. Options that name no groups mean one, `default`.
   */
  readonly name: string;
  /** Worker machines to start with. */
  readonly size: number;
  /** Never fewer machines than this, whoever asks; none at all where the cluster is being removed. */
  readonly minimum: number;
  /** Never more machines than this, whoever asks. Undefined: as many as are asked for. */
  readonly maximum?: number | undefined;
  /** A start fails when fewer machines of the group than this have joined in time. */
  readonly quorum: number;
  /**
   * Resolved options that take the place of the cluster's for machines of this group, by name. The whole value is replaced: a group's
   * `envVars` are all that its machines have. Dask's `resources` are in its `workerOptions`.
   */
  readonly options: Readonly<Record<string, unknown>>;
}

/** How many machines there are to be, by the name of the group. */
export type GroupSizes = Readonly<Record<string, number>>;

/** @throws DaskFleetError `CONFIG_INVALID` where there is none of that name */
export function groupNamed<Group extends Pick<WorkerGroup, "name">>(name: string, groups: readonly Group[]): Group {
  const group = groups.find((each) => each.name === name);
  if (group !== undefined) return group;
  const names = groups.map((each) => each.name).join(", ");
  throw new DaskFleetError(
    "CONFIG_INVALID",
    `There is no group of workers ${JSON.stringify(name)}: there is ${names}.`,
  );
}

/** The options that machines are made by: the cluster's, and over them those of their group. The scheduler's machine has no group. */
export function optionsFor<Options extends object>(options: Options, group: WorkerGroup | undefined): Options {
  return group === undefined ? options : { ...options, ...group.options };
}

/** The nearest number of machines that a group may have. */
export function withinBounds(
  machines: number,
  { minimum, maximum = Infinity }: Pick<WorkerGroup, "minimum" | "maximum">,
): number {
  return Math.min(maximum, Math.max(minimum, machines));
}

/** A worker machine's group; undefined for the scheduler's machine. What older versions have made says nothing of groups. */
export function groupOf({ role, group = DEFAULT_GROUP }: Pick<Machine, "role" | "group">): string | undefined {
  return role === "worker" ? group : undefined;
}

/** A cluster's resolved options. Where they name groups of workers, `nWorkers` and `minWorkers` count for nothing. */
export interface GroupedOptions extends ResolvedClusterOptions {
  /** Undefined: one group, `default`, of `nWorkers` machines. */
  readonly groups?: readonly WorkerGroup[] | undefined;
}
