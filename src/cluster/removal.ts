import { shellQuote } from "../machine/shell-quote.ts";
import { snakeCase } from "../options/option-names.ts";
import type { ClusterPlace } from "./place.ts";

/** A cluster that is to be removed from wherever somebody reads this. */
export interface Removal {
  /** The provider's name on the command line. */
  readonly provider: string;
  readonly clusterName: string;
  /** Where it is, as far as that is known. */
  readonly place: ClusterPlace | undefined;
}

/** A line for a shell that removes a cluster, also where there is no record of it: `dask-fleet remove ec2 my-cluster --region us-east-1`. */
export function removeCommand({ provider, clusterName, place }: Removal): string {
  return ["dask-fleet remove", provider, clusterName, ...optionsOf(place)].join(" ");
}

/** A line that lists what is there. */
export function listCommand({ provider, place }: Removal): string {
  return ["dask-fleet list", provider, ...optionsOf(place)].join(" ");
}

function optionsOf(place: ClusterPlace | undefined): readonly string[] {
  return Object.entries({ ...place?.machines, ...place?.searched }).flatMap(([name, value]) => {
    if (value === undefined || value.length === 0) return [];
    const text = typeof value === "string" ? withoutSecrets(value) : JSON.stringify(value);
    return [`--${snakeCase(name).replaceAll("_", "-")}`, word(text)];
  });
}

/** Of a URL what leads there. */
function withoutSecrets(value: string): string {
  if (!value.includes("://") || !URL.canParse(value)) return value;
  const { origin, pathname } = new URL(value);
  return `${origin}${pathname === "/" ? "" : pathname}`;
}

function word(text: string): string {
  return /^[\w.,:/@%+=-]+$/.test(text) ? text : shellQuote(text);
}
