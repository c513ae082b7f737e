import { isDeepStrictEqual } from "node:util";

import type * as z from "zod";

import { kebabCase } from "../options/option-names.ts";
import { wordsOf } from "../options/schema-walk.ts";
import { showValue } from "../options/show-value.ts";
import { textNameOf } from "../options/units/text-names.ts";
import { isPlainObject } from "../plain-object.ts";
import type { ResolvedClusterOptions } from "../provider/cluster-options.ts";
import type { PlaceOptions } from "../provider/place.ts";
import { type GroupSizes, type GroupedOptions, type WorkerGroup, DEFAULT_GROUP } from "../provider/worker-group.ts";
import { Security } from "../security/security.ts";
import { durationText } from "../text/durations.ts";

/** What a file asks for: the provider of its definition's `resolve()`, and that call's options. */
export interface AskedCluster {
  /** The provider's name in records. */
  readonly provider: string;
  readonly options: GroupedOptions;
  /** The provider's schema, which knows what is secret. */
  readonly schema: z.ZodObject;
}

/** A group as a record has it; what it lacks is as the cluster's. */
type RecordedGroup = Pick<WorkerGroup, "name" | "size"> & Partial<Pick<WorkerGroup, "minimum" | "maximum" | "options">>;

/** What a record says about a running cluster. */
export interface RecordedCluster {
  readonly provider: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Where it was found, by the names of options; environment and configuration may have said so. */
  readonly place?: { readonly searched: PlaceOptions } | undefined;
  readonly groups: readonly RecordedGroup[];
  readonly security?: unknown;
}

/** An option that no running cluster can change. */
export interface FixedDifference {
  /** As a file writes it: `instance-type`. */
  readonly option: string;
  /** The value of the running cluster, safe to show. */
  readonly running: string;
  /** The value that the file asks for, safe to show. */
  readonly asked: string;
}

/** Another number of workers of a group. */
export interface Scaling {
  readonly group: string;
  readonly from: number;
  readonly to: number;
}

/** What `up` has to do for a cluster that is there. */
export interface Differences {
  /** The groups with another number of workers: `scale()` makes it so. */
  readonly scale: readonly Scaling[];
  /** What needs a new cluster. */
  readonly fixed: readonly FixedDifference[];
}

const GROUP_BOUNDS: ReadonlySet<string> = new Set(["minimum", "maximum"]);

/** Options of a handle and of the start, which say nothing about a running cluster. */
const OF_EACH_HANDLE: ReadonlySet<string> = new Set([
  "name",
  "nWorkers",
  "minWorkers",
  "security",
  "groups",
  "workers",
  "closeOnExit",
  "startTimeoutMs",
  "scaleTimeoutMs",
  "closeTimeoutMs",
  "apiRetries",
  "pollIntervalMs",
  "listLagMs",
]);

/**
 * Compares what a file asks for with a running cluster of its name. A pure function.
 *
 * @param sizes the present targets by group, if they are known. Default: the sizes of the start
 */
export function differences(
  { provider, options, schema }: AskedCluster,
  recorded: RecordedCluster,
  sizes: GroupSizes = {},
): Differences {
  if (provider !== recorded.provider) {
    return { scale: [], fixed: [{ option: "provider", running: recorded.provider, asked: provider }] };
  }
  const searched = recorded.place?.searched ?? {};
  const [was, is] = [plainMap({ ...recorded.options, ...searched }), plainMap(options)];
  const names = [...new Set([...is.keys(), ...was.keys()])].filter((name) => !OF_EACH_HANDLE.has(name));
  const fixed = names
    // A place that the file leaves to the environment is compared by who attaches.
    .filter((name) => is.has(name) || !Object.hasOwn(searched, name))
    .flatMap((name) => optionDifference(name, { running: was.get(name), asked: is.get(name), schema }));
  const { scale, fixed: ofGroups } = groupDifferences(recorded.groups, groupsOf(options), { sizes, schema });
  return { scale, fixed: [...fixed, ...securityDifference(options.security, recorded.security), ...ofGroups] };
}

/** What the file asks for. Without groups that is `default`. */
function groupsOf({ groups, nWorkers: size }: GroupedOptions): readonly RecordedGroup[] {
  return groups ?? [{ name: DEFAULT_GROUP, size }];
}

/** Sizes change; groups, their bounds and their options do not. */
function groupDifferences(
  running: readonly RecordedGroup[],
  asked: readonly RecordedGroup[],
  { sizes, schema }: { readonly sizes: GroupSizes; readonly schema: z.ZodObject },
): Differences {
  const machines = ({ size }: RecordedGroup): string => `a group of ${size}`;
  const names = [...new Set([...running, ...asked].map(({ name }) => name))];
  const each = names.map((group): Differences => {
    const was = running.find(({ name }) => name === group);
    const is = asked.find(({ name }) => name === group);
    if (was === undefined || is === undefined) {
      const [before, after] = [was, is].map((one) => (one === undefined ? "none" : machines(one)));
      return { scale: [], fixed: [{ option: `workers.${group}`, running: before ?? "", asked: after ?? "" }] };
    }
    const [before, after] = [was, is].map(groupOptions);
    const options = [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])];
    const fixed = options
      .flatMap((name) => optionDifference(name, { running: before?.get(name), asked: after?.get(name), schema }))
      .map((difference) => ({ ...difference, option: `workers.${group}.${difference.option}` }));
    const from = sizes[group] ?? was.size;
    return { scale: from === is.size ? [] : [{ group, from, to: is.size }], fixed };
  });
  return { scale: each.flatMap(({ scale }) => scale), fixed: each.flatMap(({ fixed }) => fixed) };
}

function groupOptions({ minimum = 0, maximum, options = {} }: RecordedGroup): ReadonlyMap<string, unknown> {
  return plainMap({ minimum, maximum, ...options });
}

/** One option, as a file writes it. */
function optionDifference(
  name: string,
  { running, asked, schema }: { readonly running: unknown; readonly asked: unknown; readonly schema: z.ZodObject },
): readonly FixedDifference[] {
  const field = schema.shape[name];
  const secret = (field === undefined && !GROUP_BOUNDS.has(name)) || (field !== undefined && wordsOf(field).secret);
  const option = kebabCase(field === undefined ? name : textNameOf(name, field));
  const inWords = (value: unknown): unknown =>
    option !== kebabCase(name) && typeof value === "number" ? durationText(value) : value;
  return differing(option, inWords(running), inWords(asked), secret);
}

/** TLS or none, and whose certificates: never what is in them. */
function securityDifference(asked: ResolvedClusterOptions["security"], recorded: unknown): readonly FixedDifference[] {
  const running = recorded === undefined ? undefined : Security.fromRecord(recorded);
  const was = kindOf(running ?? false);
  const is = kindOf(asked);
  const delivery = deliveryDifference(asked, running);
  if (delivery !== undefined) return [delivery];
  if (was === is && !(asked instanceof Security && running !== undefined && !isSame(asked, running))) return [];
  return [{ option: "security", running: was, asked: was === is ? `${is}, other ones` : is }];
}

function kindOf(security: ResolvedClusterOptions["security"]): string {
  if (security === false) return "no TLS";
  return security instanceof Security && !security.isTemporary ? "own certificates" : "temporary certificates";
}

/** How machines come by their certificates, where the file says. */
function deliveryDifference(
  asked: ResolvedClusterOptions["security"],
  running: Security | undefined,
): FixedDifference | undefined {
  if (typeof asked === "boolean" || asked instanceof Security || running === undefined) return undefined;
  const { delivery = running.delivery } = asked;
  if (!running.isTemporary || delivery === running.delivery) return undefined;
  return { option: "security.delivery", running: running.delivery, asked: delivery };
}

function isSame(a: Security, b: Security): boolean {
  if (a.hasReferences || b.hasReferences) return isDeepStrictEqual(a.toRecord(), b.toRecord());
  const client = (security: Security): unknown => security.materialFor("client");
  if (a.delivery === "join" || b.delivery === "join") return isDeepStrictEqual(client(a), client(b));
  return isDeepStrictEqual(a.certificates(), b.certificates());
}

/** As JSON would have it: the record came from a file. */
function plainMap(options: object): ReadonlyMap<string, unknown> {
  const { security: _security, ...rest } = options as Readonly<Record<string, unknown>>;
  return new Map(Object.entries(JSON.parse(JSON.stringify(rest)) as Record<string, unknown>));
}

/** One value, or the differing entries of a mapping. */
function differing(option: string, running: unknown, asked: unknown, secret: boolean): readonly FixedDifference[] {
  if (isDeepStrictEqual(running, asked)) return [];
  if (!secret && isPlainObject(running) && isPlainObject(asked)) {
    return Object.keys({ ...running, ...asked }).flatMap((name) =>
      differing(`${option}.${name}`, running[name], asked[name], secret),
    );
  }
  return [{ option, running: shown(running, secret), asked: shown(asked, secret) }];
}

function shown(value: unknown, secret: boolean): string {
  return value === undefined ? "none" : showValue(value, secret).replace(/ \([a-z]+\)$/u, "");
}
