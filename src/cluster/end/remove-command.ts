import { kebabCase } from "../../options/option-names.ts";
import type { ClusterId } from "../../provider/identity.ts";
import type { ClusterPlace } from "../../provider/place.ts";
import { printableName } from "../../text/printable.ts";
import { shellQuote } from "../../text/shell-quote.ts";

/** Longer than any cloud's names and lists of zones. */
const LONGEST = 500;

/** A cluster to remove, from any computer. */
export interface Removal {
  /** The provider's name on the command line. */
  readonly provider: string;
  readonly clusterName: string;
  /** Selects one of several clusters with that name. */
  readonly clusterId: ClusterId;
  /** Where it is, if known. */
  readonly place: ClusterPlace | undefined;
}

/** The shell command that removes a cluster, with or without its record: `dask-fleet remove ec2 my-cluster --region us-east-1`. */
export function removeCommand({ provider, clusterName, clusterId, place }: Removal): string {
  const which = clusterId === undefined ? [] : ["--id", shellWord(clusterId)];
  return ["dask-fleet remove", shellWord(provider), shellWord(clusterName), ...optionsOf(place), ...which].join(" ");
}

/** The shell command that lists the clusters. */
export function listCommand({ provider, place }: Pick<Removal, "provider" | "place">): string {
  return ["dask-fleet list", shellWord(provider), ...optionsOf(place)].join(" ");
}

function optionsOf(place: ClusterPlace | undefined): readonly string[] {
  return Object.entries({ ...place?.machines, ...place?.searched }).flatMap(([name, value]) => {
    if (value === undefined || value.length === 0) return [];
    const text = typeof value === "string" ? withoutSecrets(value) : JSON.stringify(value);
    return [`--${kebabCase(name)}`, shellWord(text)];
  });
}

/** A URL without credentials, query and fragment. */
function withoutSecrets(value: string): string {
  if (!value.includes("://") || !URL.canParse(value)) return value;
  const { origin, pathname } = new URL(value);
  return `${origin}${pathname === "/" ? "" : pathname}`;
}

/**
 * A word of a command to paste: the shell reads exactly this text, and the terminal finds no control characters in it. Unprintable
 * characters are written as bash, zsh and ksh read them: `$'\\x1b'`.
 */
export function shellWord(whole: string): string {
  const text = unlessTooLong(whole);
  if (/^[\w.,:/@%+-][\w.,:/@%+=-]*$/.test(text)) return text;
  return text === printableName(text, text.length) ? shellQuote(text) : `$'${Buffer.from(text).reduce(escaped, "")}'`;
}

function escaped(before: string, byte: number): string {
  const character = String.fromCodePoint(byte);
  return `${before}${/[\w.,:/@%+= -]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, "0")}`}`;
}

/** A string literal of JavaScript, with unprintable characters escaped. */
export function codeText(text: string): string {
  return printableName(JSON.stringify(unlessTooLong(text)), Infinity);
}

/** A shortened name would name something else, so an overlong one is replaced. */
function unlessTooLong(text: string): string {
  return text.length <= LONGEST ? text : `<${text.length.toLocaleString("en-US")} characters>`;
}
