import * as z from "zod";

import { DaskFleetError, asError } from "../errors.ts";
import { CLUSTER_ID, type ClusterIdentity } from "../provider/identity.ts";
import type { ClusterPlace } from "../provider/place.ts";
import type { GroupSizes } from "../provider/worker-group.ts";
import { stateStore } from "../state/file-store.ts";
import { holderSchema } from "../state/holder.ts";
import { readIntendedSizes } from "../state/intended-size.ts";
import { removeStateDirectory } from "../state/state-directory.ts";
import type { ClusterState, Predecessor, RecordEnvelope } from "../state/state-store.ts";
import { groupsOf, startSizes, workerGroupsSchema } from "./groups.ts";

const placeValues = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
const placeSchema: z.ZodType<ClusterPlace> = z.object({
  searched: placeValues,
  machines: placeValues.optional(),
  account: z.string().optional(),
});

/** The fields of every version. */
const common = {
  name: z.string(),
  /** Undefined for a cluster of an older version. */
  id: z.string().regex(CLUSTER_ID).optional(),
  provider: z.string(),
  createdAt: z.string(),
  /** The process that started it. The lease names the leader; a local cluster ends with this process. */
  launcher: holderSchema,
  /** The options of the start, as plain data. */
  options: z.record(z.string(), z.unknown()),
  /** Where it is; a local cluster is on this computer. */
  place: placeSchema.optional(),
  /** The TLS material that is here, with the CA's key where it was handed over or is kept in the record (`authority`). */
  security: z.unknown().optional(),
  expiresAt: z.string().optional(),
  ports: z.object({ scheduler: z.number(), dashboard: z.number(), gate: z.number(), join: z.number().optional() }),
  /** Data that only the provider interprets. */
  providerState: z.record(z.string(), z.unknown()),
};

const current = z.object({ ...common, version: z.literal(2), groups: workerGroupsSchema });

const machines = z.int().min(0);

/** Version 1 has no groups: `nWorkers` and `minWorkers` of the options give the size. */
const first = z
  .object({
    ...common,
    version: z.literal(1),
    options: z.looseObject({ nWorkers: machines.default(0), minWorkers: machines.optional() }),
  })
  .transform((record) => ({ ...record, version: 2 as const, groups: groupsOf(record.options) }));

const recordSchema = z.union([current, first]);

/**
 * The record of a cluster, for other processes. It holds keys: the file is 0600 in a 0700 directory. Version 1 is still read. Files are
 * written in version 2, which older releases refuse with a message that says so.
 */
export type ClusterRecord = Readonly<z.infer<typeof current>>;

/** A record, the cluster's leader, if any, and the sizes of its groups that are wished for. */
export type ListedRecord = ClusterRecord & {
  readonly leader: { readonly pid: number; readonly host: string } | undefined;
  readonly targets: GroupSizes;
};

/** Readable records, and errors about unreadable ones. */
export interface FoundRecords {
  readonly records: readonly ListedRecord[];
  /** Each message says what to do. */
  readonly refused: readonly Error[];
}

/** A cluster's state on this computer. */
export function stateOf(name: string): ClusterState {
  return stateStore().cluster(name);
}

/**
 * @throws DaskFleetError `CLUSTER_NOT_FOUND` without a readable record of that name; `STATE_UNTRUSTED` when other users can change it
 */
export async function readRecord(name: string): Promise<ClusterRecord> {
  const record = await findRecord(name);
  if (record !== undefined) return record;
  throw new DaskFleetError(
    "CLUSTER_NOT_FOUND",
    `No cluster named "${name}" is recorded on this computer (looked for ${recordPath(name)}).`,
  );
}

/** As {@link readRecord}; undefined without a record. */
export async function findRecord(name: string): Promise<ClusterRecord | undefined> {
  const state = stateOf(name);
  const found = await state.readRecord();
  return found === undefined ? undefined : parseRecord(found, state);
}

/**
 * A record and the sizes that are wished for, to compare it with what is asked for. It holds keys.
 */
export async function recordedCluster(name: string): Promise<ClusterRecord & { readonly targets: GroupSizes }> {
  const record = await readRecord(name);
  return { ...record, targets: await targetsOf(record) };
}

/** @throws DaskFleetError `CLUSTER_NOT_FOUND` for a damaged record */
export function parseRecord(found: RecordEnvelope, { recordPath }: ClusterState): ClusterRecord {
  const parsed = recordSchema.safeParse(found);
  if (parsed.success) return parsed.data;
  // The cause would quote the record, which holds keys.
  throw new DaskFleetError(
    "CLUSTER_NOT_FOUND",
    `The record ${recordPath} is damaged or of another version of dask-fleet.`,
  );
}

/** All readable records of one provider, and errors about unreadable ones. */
export async function listRecords(provider: string): Promise<FoundRecords> {
  const store = stateStore();
  const { names, refused } = await store.names();
  const found = await Promise.allSettled(
    names.map(async (name) => {
      const state = store.cluster(name);
      const record = await state.readRecord();
      if (record === undefined) return undefined;
      const parsed = parseRecord(record, state);
      if (parsed.provider !== provider) return undefined;
      // Unreadable sizes are no reason to hide a cluster.
      const sizes = targetsOf(parsed).catch(() => startSizes(parsed.groups));
      const [leader, targets] = await Promise.all([leaderOf(parsed, state), sizes]);
      return { ...parsed, leader, targets };
    }),
  );
  const records = found.flatMap((each) => (each.status === "fulfilled" ? (each.value ?? []) : []));
  const failed = found.flatMap((each) => (each.status === "rejected" ? asError(each.reason) : []));
  return { records, refused: [...refused, ...failed] };
}

/** The sizes that a recorded cluster is to have: those of its start, and what was set since. */
export async function targetsOf({ name, groups }: ClusterRecord): Promise<GroupSizes> {
  const names = groups.map((group) => group.name);
  return { ...startSizes(groups), ...(await readIntendedSizes(name, names)) };
}

export async function leaderOf(record: ClusterRecord, state = stateOf(record.name)): Promise<ListedRecord["leader"]> {
  const { judgement, holder } = await state.leader(predecessorOf(record));
  return judgement === "held" && holder !== undefined ? { pid: holder.pid, host: holder.host } : undefined;
}

/** Whether the leader adapts by the bounds that others write; undefined without a leader. Older versions do not. */
export async function leaderAdapts(name: string): Promise<boolean | undefined> {
  const { judgement, holder } = await stateOf(name).leader();
  return judgement === "held" ? holder?.adapts === true : undefined;
}

/** The error for a name that has a record. */
export async function nameTaken(name: string): Promise<DaskFleetError> {
  const whose = await readRecord(name).then(
    ({ provider, launcher }) => `${provider}, started by process ${launcher.pid} on ${launcher.host}`,
    () => recordPath(name),
  );
  return new DaskFleetError(
    "CONFIG_INVALID",
    `A cluster named "${name}" already exists (${whose}): attach to it and close it, or choose another name.`,
  );
}

/** The leader of a cluster of a release without leases, where an empty host name means none. */
export function predecessorOf({ launcher }: ClusterRecord): Predecessor {
  return { holder: launcher, released: launcher.host === "" };
}

/** The path of a cluster's record, existing or not. */
export function recordPath(name: string): string {
  return stateOf(name).recordPath;
}

/** Removes a cluster's private directory, unless another cluster has taken the name: its record and keys stay. */
export async function removeOwnState({ name, ids }: ClusterIdentity): Promise<void> {
  const record = await readRecord(name).catch(() => undefined);
  // An unreadable record belongs to no cluster.
  if (record === undefined || ids.includes(record.id)) await removeStateDirectory(name);
}
