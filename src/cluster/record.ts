import * as z from "zod";

import { DaskFleetError, asError } from "../errors.ts";
import { CLUSTER_ID } from "../provider/identity.ts";
import type { ClusterPlace } from "../provider/place.ts";
import { stateStore } from "../state/file-store.ts";
import { holderSchema } from "../state/holder.ts";
import type { ClusterState, Predecessor, RecordEnvelope } from "../state/state-store.ts";
import { groupsOf, workerGroupsSchema } from "./groups.ts";

const placeValues = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
const placeSchema: z.ZodType<ClusterPlace> = z.object({
  searched: placeValues,
  machines: placeValues.optional(),
  account: z.string().optional(),
});

/** What records of every version have. */
const common = {
  name: z.string(),
  /** Undefined for a cluster of an older version. */
  id: z.string().regex(CLUSTER_ID).optional(),
  provider: z.string(),
  createdAt: z.string(),
  /** Who started it. Who looks after it is what the lease says; a local cluster ends with this process. */
  launcher: holderSchema,
  /** The options that the cluster was made with, as plain data. */
  options: z.record(z.string(), z.unknown()),
  /** Where it is; a local cluster is on this computer. */
  place: placeSchema.optional(),
  /** Each role's TLS material; never the CA's key. */
  security: z.unknown().optional(),
  expiresAt: z.string().optional(),
  ports: z.object({ scheduler: z.number(), dashboard: z.number(), gate: z.number() }),
  /** What the provider alone understands. */
  providerState: z.record(z.string(), z.unknown()),
};

const current = z.object({ ...common, version: z.literal(2), groups: workerGroupsSchema });

const machines = z.int().min(0);

/** As long as there was one kind of worker, `nWorkers` and `minWorkers` of the options said how many. */
const first = z
  .object({
    ...common,
    version: z.literal(1),
    options: z.looseObject({ nWorkers: machines.default(0), minWorkers: machines.optional() }),
  })
  .transform((record) => ({ ...record, version: 2 as const, groups: groupsOf(record.options) }));

const recordSchema = z.union([current, first]);

/**
 * What is known of a cluster outside the process that started it. It holds keys: the file is 0600 in a 0700 directory. A file of
 * version 1 is read as what it means. Files are written in version 2, which older versions refuse with words that say so.
 */
export type ClusterRecord = Readonly<z.infer<typeof current>>;

/** A record, and who looks after the cluster now; undefined where nobody does. */
export type ListedRecord = ClusterRecord & {
  readonly leader: { readonly pid: number; readonly host: string } | undefined;
};

/** Records, and why others could not be read. */
export interface FoundRecords {
  readonly records: readonly ListedRecord[];
  /** Each a sentence that says what to do. */
  readonly refused: readonly Error[];
}

/** What this computer keeps of a cluster. */
export function stateOf(name: string): ClusterState {
  return stateStore().cluster(name);
}

/**
 * @throws DaskFleetError `CLUSTER_NOT_FOUND` when there is no record of that name, or it cannot be understood; `STATE_UNTRUSTED` where
 * it is not this user's alone
 */
export async function readRecord(name: string): Promise<ClusterRecord> {
  const record = await findRecord(name);
  if (record !== undefined) return record;
  throw new DaskFleetError(
    "CLUSTER_NOT_FOUND",
    `There is no record of a cluster named "${name}" (looked for ${recordPath(name)}).`,
  );
}

/** As {@link readRecord}; undefined where there is none. */
export async function findRecord(name: string): Promise<ClusterRecord | undefined> {
  const state = stateOf(name);
  const found = await state.readRecord();
  return found === undefined ? undefined : parseRecord(found, state);
}

function parseRecord(found: RecordEnvelope, { recordPath }: ClusterState): ClusterRecord {
  const parsed = recordSchema.safeParse(found);
  if (parsed.success) return parsed.data;
  // The cause would quote the record, which holds keys.
  throw new DaskFleetError(
    "CLUSTER_NOT_FOUND",
    `The record ${recordPath} is damaged or of another version of dask-fleet.`,
  );
}

/** All readable records of one provider, and what is wrong with those that are none of anybody's. */
export async function listRecords(provider: string): Promise<FoundRecords> {
  const store = stateStore();
  const { names, refused } = await store.names();
  const found = await Promise.allSettled(
    names.map(async (name) => {
      const state = store.cluster(name);
      const record = await state.readRecord();
      if (record === undefined) return undefined;
      const parsed = parseRecord(record, state);
      return parsed.provider === provider ? { ...parsed, leader: await leaderOf(parsed, state) } : undefined;
    }),
  );
  const records = found.flatMap((each) => (each.status === "fulfilled" ? (each.value ?? []) : []));
  const failed = found.flatMap((each) => (each.status === "rejected" ? asError(each.reason) : []));
  return { records, refused: [...refused, ...failed] };
}

async function leaderOf(record: ClusterRecord, state: ClusterState): Promise<ListedRecord["leader"]> {
  const { judgement, holder } = await state.leader(predecessorOf(record));
  return judgement === "held" && holder !== undefined ? { pid: holder.pid, host: holder.host } : undefined;
}

/** Why no other cluster can have that name. */
export async function nameTaken(name: string): Promise<DaskFleetError> {
  const whose = await readRecord(name).then(
    ({ provider, launcher }) => `${provider}, started by process ${launcher.pid} on ${launcher.host}`,
    () => recordPath(name),
  );
  return new DaskFleetError(
    "CONFIG_INVALID",
    `There is a cluster named "${name}" already (${whose}): attach to it and close it, or choose another name.`,
  );
}

/** Who looked after a cluster before there were leases: then an empty name in the computer's place said that nobody does. */
export function predecessorOf({ launcher }: ClusterRecord): Predecessor {
  return { holder: launcher, released: launcher.host === "" };
}

/** Where the record of a cluster is, or would be. */
export function recordPath(name: string): string {
  return stateOf(name).recordPath;
}
