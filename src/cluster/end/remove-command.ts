import { shellQuote } from "../../bootstrap/shell/shell-quote.ts";
import { kebabCase } from "../../options/option-names.ts";
import type { ClusterId } from "../../provider/identity.ts";
import type { ClusterPlace } from "../../provider/place.ts";
import { printableName } from "../../text/printable.ts";

/** No cloud has longer names, nor longer lists of zones. */
const LONGEST = 500;

/** A cluster that is to be removed from wherever somebody reads this. */
export interface Removal {
  /** The provider's name on the command line. */
  readonly provider: string;
  readonly clusterName: string;
  /** Of several of that name. */
  readonly clusterId: ClusterId;
  /** Where it is, as far as that is known. */
  readonly place: ClusterPlace | undefined;
}

/** A line for a shell that removes a cluster, also where there is no record of it: `dask-fleet remove ec2 my-cluster --region us-east-1`. */
export function removeCommand({ provider, clusterName, clusterId, place }: Removal): string {
  const which = clusterId === undefined ? [] : ["--id", shellWord(clusterId)];
  return ["dask-fleet remove", shellWord(provider), shellWord(clusterName), ...optionsOf(place), ...which].join(" ");
}

/** A line that lists what is there. */
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

/** Of a URL what leads there. */
function withoutSecrets(value: string): string {
  if (!value.includes("://") || !URL.canParse(value)) return value;
  const { origin, pathname } = new URL(value);
  return `${origin}${pathname === "/" ? "" : pathname}`;
}

/**
 * A word of a command that somebody pastes into a shell: the shell reads exactly this text, whatever is in it, and the terminal that
 * shows it has nothing to obey. What is not printable is written as bash, zsh and ksh read it: `$'\\x1b'`.
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

/** A text within a line of JavaScript: what is not printable stands there as an escape. */
export function codeText(text: string): string {
  return printableName(JSON.stringify(unlessTooLong(text)), Infinity);
}

/** A part of a name in a command would name something else. */
function unlessTooLong(text: string): string {
  return text.length <= LONGEST ? text : `<${text.length.toLocaleString("en-US")} characters>`;
}
