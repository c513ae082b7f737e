import { Deadline } from "../../deadline.ts";
import { DaskFleetError, linesOf } from "../../errors.ts";
import { carriedOn } from "../../options/flags/flags.ts";
import { emitWarning } from "../../process/standard-streams.ts";
import { type ClusterId, isOurKind } from "../../provider/identity.ts";
import type { TaggedResource } from "../../provider/machine.ts";
import { type ClusterPlace, assertSamePlace, isSearched, placeInWords } from "../../provider/place.ts";
import type { OpenProvider } from "../../provider/provider-definition.ts";
import { printableName } from "../../text/printable.ts";
import { sleep, within } from "../../wait.ts";
import { codeText, shellWord } from "../end/remove-command.ts";
import type { WaitOptions } from "../handle-types.ts";
import { type ClusterRecord, type ListedRecord, findRecord, listRecords, recordPath } from "../record.ts";
import type { ClusterSummary } from "./cluster-summary.ts";
import { summaryOf } from "./summary-of.ts";

/** A cluster and the ids of its resources. Resources without an id count when only one cluster has that name. */
export interface FoundCluster {
  readonly summary: ClusterSummary;
  readonly ids: readonly ClusterId[];
}

/** The clusters of a provider in one place, by their records on this computer and by their tags. */
export async function listClusters(
  { name, options, provider }: OpenProvider,
  wait: WaitOptions,
): Promise<readonly FoundCluster[]> {
  const deadline = new Deadline(wait.timeoutMs ?? options.startTimeoutMs, wait.signal);
  try {
    const { records, refused } = await listRecords(name);
    for (const { message } of refused) emitWarning(message);
    const account = records.some(({ place }) => place?.account !== undefined);
    const [asked, found] = await Promise.all([
      within("the region and account", deadline, (signal) => provider.place({ account }, signal)),
      within("the list of clusters", deadline, (signal) => provider.find(undefined, signal)),
    ]);
    const here = records.filter(({ place }) => isSearched(place, asked));
    return clustersIn(name, here, found);
  } finally {
    await provider.disconnect();
  }
}

/** The record of a cluster to remove, if any; a provider finds the cluster without it. */
export async function recordToRemove(provider: string, name: string): Promise<ClusterRecord | undefined> {
  const record = await findRecord(name).catch((error: unknown) => {
    if (!(error instanceof DaskFleetError && error.code === "CLUSTER_NOT_FOUND")) throw error;
    // A damaged record is reported, and the cluster is found by its tags.
    emitWarning(error.message);
    return undefined;
  });
  return record === undefined ? undefined : assertProvider(record, provider);
}

/** @throws DaskFleetError `CLUSTER_NOT_FOUND` when the cluster is another provider's. */
export function assertProvider(record: ClusterRecord, provider: string): ClusterRecord {
  if (record.provider === provider) return record;
  const { name } = record;
  throw new DaskFleetError(
    "CLUSTER_NOT_FOUND",
    `The cluster "${printableName(name)}" belongs to ${record.provider}, not to ${provider}.`,
  );
}

/**
 * The resources with a name, of any id. A recorded cluster may be new: the search is repeated while lists may lag. Undefined for a
 * cluster on this computer, where the record says enough.
 *
 * @throws DaskFleetError `CONFIG_INVALID` when the options point to another place than the record
 */
export async function thingsNamed(
  name: string,
  { options, provider }: OpenProvider,
  record: ClusterRecord | undefined,
): Promise<readonly TaggedResource[] | undefined> {
  const deadline = new Deadline(options.startTimeoutMs);
  const { listLagMs, pollIntervalMs } = provider.capabilities;
  try {
    if (record !== undefined && (await assertPlace(provider, record, deadline)) === "on this computer")
      return undefined;
    const lag = new Deadline(record === undefined ? 0 : listLagMs);
    for (;;) {
      const isLast = lag.expired;
      const found = await within("the search for the cluster", deadline, (signal) => provider.find(name, signal));
      if (isLast || found.some(({ clusterId }) => clusterId === record?.id)) return found;
      await sleep(Math.min(pollIntervalMs, lag.remainingMs));
    }
  } finally {
    await provider.disconnect();
  }
}

async function assertPlace(
  provider: OpenProvider["provider"],
  { name, place }: ClusterRecord,
  deadline: Deadline,
): Promise<"on this computer" | "in the cloud"> {
  const ask = async (account: boolean): Promise<ClusterPlace | undefined> =>
    await within("the region and account", deadline, (signal) => provider.place({ account }, signal));
  const asked = await ask(false);
  assertSamePlace(name, place, asked);
  // Only after this check: credentials are for the cluster's place.
  if (place?.account !== undefined) assertSamePlace(name, place, await ask(true));
  return asked === undefined ? "on this computer" : "in the cloud";
}

interface Missing {
  readonly name: string;
  /** The requested id. */
  readonly id: string | undefined;
  /** The provider's class, for the message about forgetting the record. */
  readonly className: string;
  readonly record: ClusterRecord | undefined;
  /** The lines about other resources with the name. */
  readonly others: readonly string[];
}

export function notFound({ name, id, className, record, others }: Missing): DaskFleetError {
  const which = id === undefined ? "" : ` with the id ${printableName(id)}`;
  const nothing = `No cluster named "${printableName(name)}"${which} to remove.`;
  if (record === undefined || (id !== undefined && id !== record.id)) {
    return new DaskFleetError("CLUSTER_NOT_FOUND", [nothing, ...others]);
  }
  const where = record.place === undefined ? "" : ` Searched: ${placeInWords(record.place)}.`;
  return new DaskFleetError("CLUSTER_NOT_FOUND", [
    `${nothing}${where} Its record ${recordPath(name)} is kept: other credentials may find it. ` +
      `If the cluster is gone, forget the record with ${className}.remove(${codeText(name)}, {}, { forget: true }) or "dask-fleet remove ${shellWord(record.provider)} ${shellWord(name)} --forget".`,
    ...others,
  ]);
}

/** Removes expired and fully powered-off clusters. A failure does not stop the others. */
export async function removeEnded(
  clusters: readonly FoundCluster[],
  remove: (name: string, ids: readonly ClusterId[]) => Promise<void>,
): Promise<readonly string[]> {
  const ended = clusters.filter(
    ({ summary: { name, id, expiresAt, poweredOff } }) =>
      isOurKind(name, id) && (poweredOff || (expiresAt !== undefined && expiresAt.getTime() <= Date.now())),
  );
  const removed: string[] = [];
  const failures: unknown[] = [];
  for (const {
    summary: { name },
    ids,
  } of ended) {
    try {
      await remove(name, ids);
      removed.push(name);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 0) return removed;
  throw new DaskFleetError("TEARDOWN_INCOMPLETE", failures.flatMap(linesOf), {
    cause: failures.length === 1 ? failures[0] : new AggregateError(failures),
  });
}

function clustersIn(
  provider: string,
  records: readonly ListedRecord[],
  found: readonly TaggedResource[],
): readonly FoundCluster[] {
  const recorded = new Map(records.map((record) => [record.name, record]));
  const tagged = Map.groupBy(found, ({ clusterName }) => clusterName);
  return [...new Set([...recorded.keys(), ...tagged.keys()])].flatMap((name) => {
    const record = recorded.get(name);
    const things = tagged.get(name) ?? [];
    return idsOf(things, record).map((ids): FoundCluster => {
      const [id] = ids;
      const own = things.filter(({ clusterId }) => ids.includes(clusterId));
      const ownRecord = record !== undefined && record.id === id ? record : undefined;
      return { ids, summary: summaryOf({ name, id, provider, things: own, record: ownRecord }) };
    });
  });
}

/** The clusters of one name. */
function idsOf(
  things: readonly TaggedResource[],
  record: ClusterRecord | undefined,
): readonly (readonly ClusterId[])[] {
  const all = new Set(things.map(({ clusterId }) => clusterId));
  if (record !== undefined) all.add(record.id);
  const [only, ...more] = [...all].filter((id) => id !== undefined);
  const isAlone = only !== undefined && more.length === 0;
  return isAlone ? [[only, undefined]] : [...all].map((id) => [id]);
}

/** Options that the handle alone decides. */
const OF_THE_HANDLE = ["name", "security", "closeOnExit"] as const;

/**
 * The options of a handle on an existing cluster: given options, the command line included, override recorded ones. Name and
 * certificates always come from the record.
 */
export function withAsked<Options>(known: Readonly<Record<string, unknown>>, asked: Options | undefined): Options {
  const given = asked ?? {};
  const fixed = OF_THE_HANDLE.filter((name) => Object.hasOwn(known, name)).map((name) => [name, known[name]]);
  const options: Record<string, unknown> = {
    ...known,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...Object.fromEntries(fixed),
    ...carriedOn(given, { except: OF_THE_HANDLE }),
  };
  // Recorded values were options once, and the resolver checks all of them.
  return options as Options;
}
