import type { WorkerOptions } from "../../bootstrap/node-spec.ts";
import { DaskFleetError } from "../../errors.ts";
import type { OptionSource } from "../../options/config-tree.ts";
import { frozenCopy } from "../../options/resolve.ts";
import type { SecretValue } from "../secrets/secret-values.ts";
import type { WorkerGroup } from "../worker-group.ts";
import { MERGED } from "./merged.ts";

/** What groups of every provider may have. */
interface CommonGroup {
  readonly count?: number | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly minWorkers?: number | undefined;
  readonly resources?: Readonly<Record<string, number>> | undefined;
  readonly workerOptions?: WorkerOptions | undefined;
  readonly envVars?: Readonly<Record<string, SecretValue>> | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

interface Values<Group> {
  readonly nWorkers: number;
  readonly minWorkers?: number | undefined;
  readonly workers?: Readonly<Record<string, Group>> | undefined;
  readonly workerOptions: WorkerOptions;
  readonly envVars: Readonly<Record<string, SecretValue>>;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** The size of a cluster with groups, and the groups. */
export interface GroupsOption {
  readonly nWorkers: number;
  readonly minWorkers?: number | undefined;
  /** Undefined without the option `workers`. */
  readonly groups?: readonly WorkerGroup[] | undefined;
}

/** Options of a group by the cluster's names of them: where a group says `instanceType`, the cluster says `workerInstanceType`. */
export type GroupNames<Group> = (
  given: Omit<Group, keyof CommonGroup>,
  name: string,
) => Readonly<Record<string, unknown>>;

/**
 * The groups of the option `workers`: each with options that override the cluster's, by the cluster's names.
 *
 * @param checked the cluster's resolved options
 * @param named Default: a group's options have the cluster's names
 * @throws DaskFleetError `CONFIG_INVALID` where the sizes of a group contradict each other, or `nWorkers` and `minWorkers` the groups
 */
export function groupsOption<Group extends CommonGroup>(
  {
    values,
    sources,
  }: { readonly values: Values<Group>; readonly sources: Readonly<Record<"nWorkers" | "minWorkers", OptionSource>> },
  named: GroupNames<Group> = (given) => given,
): GroupsOption {
  const { workers, nWorkers, minWorkers } = values;
  if (workers === undefined) return { nWorkers, minWorkers };
  const groups = Object.entries(workers).map(([name, group]) => groupOf(name, group, values, named));
  if (groups.length === 0)
    throw invalid("The `workers` option names no group. Leave it out for one group of `nWorkers`.");
  const total = sumOf(groups, ({ size }) => size);
  const quorum = sumOf(groups, (group) => group.quorum);
  if (sources.nWorkers.kind !== "default" && nWorkers !== total) throw twice("nWorkers", nWorkers, "count", total);
  if (minWorkers !== undefined && minWorkers !== quorum) throw twice("minWorkers", minWorkers, "minWorkers", quorum);
  return frozenCopy({ nWorkers: total, minWorkers: quorum, groups });
}

function groupOf<Group extends CommonGroup>(
  name: string,
  given: Group,
  cluster: Values<Group>,
  named: GroupNames<Group>,
): WorkerGroup {
  const { count, minimum = 0, maximum, minWorkers, resources, workerOptions, envVars, tags, ...own } = given;
  const size = count ?? minimum;
  const quorum = minWorkers ?? size;
  const place = `workers.${name}`;
  if (maximum !== undefined && minimum > maximum) throw crossed(place, "minimum", minimum, "maximum", maximum);
  if (minimum > size) throw crossed(place, "minimum", minimum, "count", size);
  if (maximum !== undefined && size > maximum) throw crossed(place, "count", size, "maximum", maximum);
  if (quorum > size) throw crossed(place, "minWorkers", quorum, "count", size);
  const mappings = {
    envVars,
    tags,
    workerOptions: resources === undefined ? workerOptions : { ...workerOptions, resources },
  };
  const merged = MERGED.flatMap((option) =>
    mappings[option] === undefined ? [] : [[option, { ...cluster[option], ...mappings[option] }] as const],
  );
  const options = { ...presentIn(named(own, name)), ...Object.fromEntries(merged) };
  return { name, size, minimum, ...(maximum === undefined ? {} : { maximum }), quorum, options };
}

function presentIn(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function sumOf(groups: readonly WorkerGroup[], of: (group: WorkerGroup) => number): number {
  return groups.reduce((sum, group) => sum + of(group), 0);
}

function crossed(place: string, lower: string, least: number, upper: string, most: number): DaskFleetError {
  return invalid(
    `Expected \`${place}.${lower}\` to be at most \`${place}.${upper}\`, ${most}, got \`${least}\` (number)`,
  );
}

function twice(option: string, value: number, ofGroup: string, total: number): DaskFleetError {
  return invalid(
    `The \`${option}\` option is ${value}, but the groups of \`workers\` have ${total} together: leave \`${option}\` out, and set \`${ofGroup}\` of each group.`,
  );
}

function invalid(message: string): DaskFleetError {
  return new DaskFleetError("CONFIG_INVALID", message);
}
