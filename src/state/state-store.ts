import type { Holder } from "./holder.ts";
import type { Judgement } from "./judgement.ts";
import type { Lease } from "./lease.ts";

/** What every record has. The rest is its owner's business. */
export interface RecordEnvelope {
  readonly version: number;
  readonly name: string;
}

/** Clusters that have something here, and what is here that was refused. */
export interface FoundNames {
  readonly names: readonly string[];
  /** Each a sentence with its path, what is wrong with it, and what to do. */
  readonly refused: readonly Error[];
}

/**
 * What this computer keeps of this user's clusters, beyond the processes that started them. It opens only what is ours: what is
 * another user's, open to others, a link, or not what it should be, is refused with `STATE_UNTRUSTED`. What cannot be written is
 * `STATE_UNWRITABLE`.
 */
export interface StateStore {
  /** Where it is, for people. */
  readonly root: string;
  names(): Promise<FoundNames>;
  /** @throws DaskFleetError `CONFIG_INVALID` for what is no name of a cluster */
  cluster(name: string): ClusterState;
}

/** Whoever has looked after a cluster before there was a lease, as its record tells. */
export interface Predecessor {
  readonly holder: Holder;
  readonly released: boolean;
}

/** What is kept of one cluster, in a private directory of its own. */
export interface ClusterState {
  readonly name: string;
  readonly directory: string;
  readonly recordPath: string;

  /**
   * Writes the first record of a new cluster, and takes its lease: both are there at once, or neither. Undefined where there is a
   * cluster of that name already.
   */
  create(record: RecordEnvelope, holder: Holder): Promise<Lease | undefined>;
  /** The record; undefined where there is none. Its owner checks the rest of it. */
  readRecord(): Promise<RecordEnvelope | undefined>;
  /** Writes another record in its place. */
  writeRecord(record: RecordEnvelope): Promise<void>;

  /** How many workers the cluster should have, where every process that holds a handle on it can see it; undefined when nobody has said. */
  readSize(): Promise<number | undefined>;
  writeSize(workers: number): Promise<void>;

  /** Whoever looks after the cluster, and whether they do. */
  leader(before?: Predecessor): Promise<{ readonly judgement: Judgement; readonly holder: Holder | undefined }>;
  /** The lease, where nobody else has it; undefined where somebody has. It may take some seconds to find out. */
  takeLead(before?: Predecessor): Promise<Lease | undefined>;

  /** Makes a directory in there. Returns its path. */
  makeDirectory(...steps: readonly string[]): Promise<string>;
  /** The names in a directory in there; none where it is not there. */
  entries(...steps: readonly string[]): Promise<readonly string[]>;
  /** Removes all of it, and nothing that a link in it leads to. What is gone already is a success. */
  remove(): Promise<void>;
}
