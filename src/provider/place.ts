import { DaskFleetError } from "../errors.ts";

/** Options that say where something is, by their names, as they were resolved. */
export type PlaceOptions = Readonly<Record<string, string | readonly string[] | undefined>>;

type PlaceValue = PlaceOptions[string];

/** Where a cluster is, by the names of the options that say so, as they were resolved: also from AWS_REGION and the like. */
export interface ClusterPlace {
  /** What limits the provider's lists: the region, project, subscription, endpoint … What is elsewhere is not found. */
  readonly searched: PlaceOptions;
  /** Where in there the machines are, as far as options say it. They are found wherever they are. */
  readonly machines?: PlaceOptions | undefined;
  /** The id of the account that the credentials open, where the cloud tells it. No secret. */
  readonly account?: string | undefined;
}

/** Whether what is in the recorded place is found where was asked. */
export function isSearched(recorded: ClusterPlace | undefined, asked: ClusterPlace | undefined): boolean {
  if (recorded === undefined || asked === undefined) return true;
  return differencesIn("searched", recorded, asked).length === 0 && isSameAccount(recorded, asked);
}

/** @throws DaskFleetError `CONFIG_INVALID` when the place that was asked for is not the recorded one; it names each option. */
export function assertSamePlace(
  clusterName: string,
  recorded: ClusterPlace | undefined,
  asked: ClusterPlace | undefined,
): void {
  if (recorded === undefined || asked === undefined) return;
  const lines = [
    ...differencesIn("searched", recorded, asked),
    // Where the cloud has chosen, no option contradicts it.
    ...differencesIn("machines", recorded, asked).filter(({ was, is }) => was !== undefined && is !== undefined),
  ].map(({ name, was, is }) => `- \`${name}\`: recorded ${show(was)}, given ${show(is)}`);
  if (!isSameAccount(recorded, asked)) {
    lines.push(`- credentials: recorded those of the account ${recorded.account}, given those of ${asked.account}`);
  }
  if (lines.length === 0) return;
  throw new DaskFleetError("CONFIG_INVALID", [
    `The options contradict the record of the cluster "${clusterName}":`,
    ...lines,
    "Leave them out: the record says where the cluster is.",
  ]);
}

/** Where a provider looks, such as `region "us-east-1"`. */
export function placeInWords({ searched }: ClusterPlace): string {
  const said = Object.entries(searched).filter(([, value]) => value !== undefined);
  return said.map(([name, value]) => `${name} ${show(value)}`).join(", ");
}

/** The options with which a recorded cluster is found again, whatever environment and configuration say by now. */
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

/** Clouds take names in any case, and a URL with or without a slash at its end. */
function plain(value: PlaceValue): string {
  const texts = value === undefined ? [] : [value].flat();
  return texts.map((text) => (URL.canParse(text) ? new URL(text).href : text).toLowerCase()).join("\n");
}

/** Of a URL only the beginning: there may be a secret in the rest. */
function show(value: PlaceValue): string {
  if (value === undefined) return "none";
  return JSON.stringify(typeof value === "string" && URL.canParse(value) ? new URL(value).origin : value);
}
