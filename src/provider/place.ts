import { DaskFleetError } from "../errors.ts";

/** Options that say where something is, by their names, as they were resolved. */
export type PlaceOptions = Readonly<Record<string, string | readonly string[] | undefined>>;

type PlaceValue = PlaceOptions[string];

/** Where a cluster is, by the names of resolved options, including those from AWS_REGION and the like. */
export interface ClusterPlace {
  /** The scope of the provider's lists: region, project, subscription, endpoint … Resources elsewhere are not found. */
  readonly searched: PlaceOptions;
  /** Where the machines are within the scope, by the options. They are found anywhere in the scope. */
  readonly machines?: PlaceOptions | undefined;
  /** The account's id, if the cloud tells it. No secret. */
  readonly account?: string | undefined;
}

/** Whether a search in one place finds the resources of the other. */
export function isSearched(recorded: ClusterPlace | undefined, asked: ClusterPlace | undefined): boolean {
  if (recorded === undefined || asked === undefined) return true;
  return differencesIn("searched", recorded, asked).length === 0 && isSameAccount(recorded, asked);
}

/** @throws DaskFleetError `CONFIG_INVALID` when the given place differs from the recorded one; it names each option */
export function assertSamePlace(
  clusterName: string,
  recorded: ClusterPlace | undefined,
  asked: ClusterPlace | undefined,
): void {
  if (recorded === undefined || asked === undefined) return;
  const lines = [
    ...differencesIn("searched", recorded, asked),
    // The cloud's own choice contradicts no option.
    ...differencesIn("machines", recorded, asked).filter(({ was, is }) => was !== undefined && is !== undefined),
  ].map(({ name, was, is }) => `- \`${name}\`: recorded ${show(was)}, given ${show(is)}`);
  if (!isSameAccount(recorded, asked)) {
    lines.push(`- credentials: recorded account ${recorded.account}, given account ${asked.account}`);
  }
  if (lines.length === 0) return;
  throw new DaskFleetError("CONFIG_INVALID", [
    `The options contradict the record of the cluster "${clusterName}":`,
    ...lines,
    "Omit them: the record says where the cluster is.",
  ]);
}

/** The scope of a search, such as `region "us-east-1"`. */
export function placeInWords({ searched }: ClusterPlace): string {
  const said = Object.entries(searched).filter(([, value]) => value !== undefined);
  return said.map(([name, value]) => `${name} ${show(value)}`).join(", ");
}

/** The options that find a recorded cluster again, independent of environment and configuration. */
export function recordedOptions(record: {
  readonly options: Readonly<Record<string, unknown>>;
  readonly place?: ClusterPlace | undefined;
}): Readonly<Record<string, unknown>> {
  return { ...record.options, ...record.place?.searched };
}

interface Difference {
  readonly name: string;
  readonly was: PlaceValue;
  readonly is: PlaceValue;
}

function differencesIn(
  part: "searched" | "machines",
  recorded: ClusterPlace,
  asked: ClusterPlace,
): readonly Difference[] {
  const [before, now] = [recorded[part] ?? {}, asked[part] ?? {}];
  return Object.keys({ ...before, ...now })
    .map((name) => ({ name, was: before[name], is: now[name] }))
    .filter(({ was, is }) => plain(was) !== plain(is));
}

function isSameAccount(a: ClusterPlace, b: ClusterPlace): boolean {
  return a.account === undefined || b.account === undefined || a.account === b.account;
}

/** Clouds ignore case in names, and a slash at the end of a URL. */
function plain(value: PlaceValue): string {
  const texts = value === undefined ? [] : [value].flat();
  return texts.map((text) => (URL.canParse(text) ? new URL(text).href : text).toLowerCase()).join("\n");
}

/** A URL is cut to its origin: the rest may hold a secret. */
function show(value: PlaceValue): string {
  if (value === undefined) return "none";
  return JSON.stringify(typeof value === "string" && URL.canParse(value) ? new URL(value).origin : value);
}
