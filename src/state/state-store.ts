import type { Holder } from "./holder.ts";
import type { Judgement } from "./judgement.ts";
import type { Lease } from "./lease.ts";

/** The fields that every record has. Its owner knows the rest. */
export interface RecordEnvelope {
  readonly version: number;
  readonly name: string;
}

/** The clusters that have a directory here, and the entries that were refused. */
export interface FoundNames {
  readonly names: readonly string[];
  /** One sentence each: the path, what is wrong, and what to do. */
  readonly refused: readonly Error[];
}

/**
 * What this computer keeps of this user's clusters, beyond the processes that started them. It opens only what is this user's alone:
 * another user's files, files open to others, links and wrong kinds are refused with `STATE_UNTRUSTED`. Files that cannot be written
 * are `STATE_UNWRITABLE`.
 */
export interface StateStore {
  /** Its path, for people. */
  readonly root: string;
  names(): Promise<FoundNames>;
  /** @throws DaskFleetError `CONFIG_INVALID` for an impossible cluster name */
  cluster(name: string): ClusterState;
}

/** The leader that a record without a lease names. */
export interface Predecessor {
  readonly holder: Holder;
  readonly released: boolean;
}

/** The private directory of one cluster. */
export interface ClusterState {
  readonly name: string;
  readonly directory: string;
  readonly recordPath: string;

  /**
   * Writes the first record of a new cluster and takes its lease, in one step. Undefined when a cluster of that name exists
   * already.
   */
  create(record: RecordEnvelope, holder: Holder): Promise<Lease | undefined>;
  /** The record; undefined when there is none. Its owner checks the rest of it. */
  readRecord(): Promise<RecordEnvelope | undefined>;
  /** Replaces the record. */
  writeRecord(record: RecordEnvelope): Promise<void>;

  /**
   * How many workers the cluster should have, where every process that holds a handle on it can see it; undefined when nobody has said.
   *
   * @param group of workers with a size of its own. Undefined: the only size that older versions know
   */
  readSize(group?: string): Promise<number | undefined>;
  writeSize(workers: number, group?: string): Promise<void>;
  /** The bounds within which a group of workers is to adapt, as text; undefined when it is not to. Its owner checks the text. */
  readBounds(group: string): Promise<string | undefined>;
  /** @param text undefined ends adapting */
  writeBounds(group: string, text: string | undefined): Promise<void>;
  /** The troubles that the leader has last told, as text; undefined when none has told any. */
  readTroubles(): Promise<string | undefined>;
  writeTroubles(text: string): Promise<void>;
  /**
   * Another text after each change of sizes, bounds, record or leader that is made by renaming, which all of ours are; undefined when the
   * cluster has no directory. One look, and nothing is opened. Changes within one tick of the file system's clock may have the same.
   */
  changeMark(): Promise<string | undefined>;

  /** The leader, and whether it still leads. */
  leader(before?: Predecessor): Promise<{ readonly judgement: Judgement; readonly holder: Holder | undefined }>;
  /** Takes the lease; undefined when another process has it. Finding out may take some seconds. */
  takeLead(before?: Predecessor): Promise<Lease | undefined>;

  /** Creates a directory in it. Returns its path. */
  makeDirectory(...steps: readonly string[]): Promise<string>;
  /** The names in a directory in it; none when that does not exist. */
  entries(...steps: readonly string[]): Promise<readonly string[]>;
  /** Removes all of it, and nothing that a link in it leads to. Already gone is a success. */
  remove(): Promise<void>;
}
