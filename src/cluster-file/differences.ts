import { isDeepStrictEqual } from "node:util";

import type * as z from "zod";

import { kebabCase } from "../options/option-names.ts";
import { wordsOf } from "../options/schema-walk.ts";
import { showValue } from "../options/show-value.ts";
import { textNameOf } from "../options/units/text-names.ts";
import { isPlainObject } from "../plain-object.ts";
import type { ResolvedClusterOptions } from "../provider/cluster-options.ts";
import type { PlaceOptions } from "../provider/place.ts";
import { type GroupSizes, DEFAULT_GROUP } from "../provider/worker-group.ts";
import { Security } from "../security/security.ts";
import { durationText } from "../text/durations.ts";

/** What a file asks for: the provider of its definition's `resolve()`, and that call's options. */
export interface AskedCluster {
  /** The provider's name in records. */
  readonly provider: string;
  readonly options: ResolvedClusterOptions;
  /** The provider's schema, which knows what is secret. */
  readonly schema: z.ZodObject;
}

/** What a record says about a running cluster. */
export interface RecordedCluster {
  readonly provider: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Where it was found, by the names of options; environment and configuration may have said so. */
  readonly place?: { readonly searched: PlaceOptions } | undefined;
  readonly groups: readonly { readonly name: string; readonly size: number }[];
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

/** What `up` has to do for a cluster that is there. */
export interface Differences {
  /** Another number of workers: `scale()` makes it so. */
  readonly scale: { readonly from: number; readonly to: number } | undefined;
  /** What needs a new cluster. */
  readonly fixed: readonly FixedDifference[];
}

/** Options of a handle and of the start, which say nothing about a running cluster. */
const OF_EACH_HANDLE: ReadonlySet<string> = new Set([
  "name",
  "nWorkers",
  "minWorkers",
  "security",
  "groups",
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
    return { scale: undefined, fixed: [{ option: "provider", running: recorded.provider, asked: provider }] };
  }
  const searched = recorded.place?.searched ?? {};
  const [was, is] = [plainMap({ ...recorded.options, ...searched }), plainMap(options)];
  const names = [...new Set([...is.keys(), ...was.keys()])].filter((name) => !OF_EACH_HANDLE.has(name));
  const fixed = names
    // A place that the file leaves to the environment is compared by who attaches.
    .filter((name) => is.has(name) || !Object.hasOwn(searched, name))
    .flatMap((name) => {
      const field = schema.shape[name];
      const secret = field === undefined || wordsOf(field).secret;
      const option = kebabCase(field === undefined ? name : textNameOf(name, field));
      const inWords = (value: unknown): unknown =>
        option !== kebabCase(name) && typeof value === "number" ? durationText(value) : value;
      return differing(option, inWords(was.get(name)), inWords(is.get(name)), secret);
    });
  const groups = recorded.groups.map(({ name, size }) => ({ name, size: sizes[name] ?? size }));
  const from = groups.reduce((sum, { size }) => sum + size, 0);
  const isOneGroup = groups.every(({ name }) => name === DEFAULT_GROUP);
  const ours = groups.map(({ name, size }) => `${name}: ${size}`).join(", ");
  const grouped = isOneGroup ? [] : [{ option: "workers", running: ours, asked: String(options.nWorkers) }];
  const scale = isOneGroup && from !== options.nWorkers ? { from, to: options.nWorkers } : undefined;
  return { scale, fixed: [...fixed, ...securityDifference(options.security, recorded.security), ...grouped] };
}

/** TLS or none, and whose certificates: never what is in them. */
function securityDifference(asked: ResolvedClusterOptions["security"], recorded: unknown): readonly FixedDifference[] {
  const running = recorded === undefined ? undefined : Security.fromRecord(recorded);
  const was = kindOf(running ?? false);
  const is = kindOf(asked);
  if (was === is && !(asked instanceof Security && running !== undefined && !isSame(asked, running))) return [];
  return [{ option: "security", running: was, asked: was === is ? `${is}, other ones` : is }];
}

function kindOf(security: boolean | Security): string {
  if (security === false) return "no TLS";
  return security === true || security.isTemporary ? "temporary certificates" : "own certificates";
}

function isSame(a: Security, b: Security): boolean {
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
