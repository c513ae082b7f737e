import { newHolder } from "../../state/holder.ts";
import { type Lease, lostLease } from "../../state/lease.ts";
import type { Predecessor } from "../../state/state-store.ts";
import { type ClusterRecord, nameTaken, predecessorOf, stateOf } from "../record.ts";

/**
 * Leader election for one cluster: of all processes with a handle on it, one leads. It checks its lease before each action that only
 * the leader may take. A process that loses the lease follows, and leads again when the lease is free.
 */
export class Lead {
  readonly #clusterName: string;
  readonly #onTaken: () => void;
  #lease: Lease | undefined;
  /** The last lease whose loss was reported. */
  #told: Lease | undefined;
  /** Set once this process has asked for the lead. */
  #before: Predecessor | undefined;

  /** @param onTaken called when this process takes the lead of a cluster that another one started */
  constructor(clusterName: string, onTaken: () => void) {
    this.#clusterName = clusterName;
    this.#onTaken = onTaken;
  }

  /** Why the lead was lost, in a sentence; undefined unless it was. */
  get lost(): string | undefined {
    return this.#lease?.lost;
  }

  /** Whether this process leads, as far as it knows: the lease looks after itself every few seconds. */
  get isHeld(): boolean {
    return this.#lease !== undefined && this.#lease.lost === undefined;
  }

  /** The random id of the lease's holder; undefined without a lease. */
  get holderId(): string | undefined {
    return this.isHeld ? this.#lease?.holder.id : undefined;
  }

  /** Why the lease cannot be renewed. */
  get trouble(): Error | undefined {
    return this.#lease?.trouble;
  }

  /**
   * Writes the record of a new cluster, and leads it.
   *
   * @throws DaskFleetError `CONFIG_INVALID` when the name has a record already: the clusters could not be told apart
   */
  async begin(record: Omit<ClusterRecord, "launcher">): Promise<void> {
    const launcher = await newHolder();
    this.#before = { holder: launcher, released: false };
    const whole: ClusterRecord = { ...record, launcher };
    this.#lease = await stateOf(this.#clusterName).create(whole, launcher);
    if (this.#lease === undefined) throw await nameTaken(this.#clusterName);
  }

  /**
   * Writes the record again, with what is new.
   *
   * @throws DaskFleetError `WRONG_STATE` where the lead is lost
   */
  async update(record: Omit<ClusterRecord, "launcher">): Promise<void> {
    await this.assertHeld();
    const launcher = this.#lease?.holder ?? (await newHolder());
    const whole: ClusterRecord = { ...record, launcher };
    await stateOf(this.#clusterName).writeRecord(whole);
  }

  /** Leads the cluster from now on, or as soon as the lease is free. */
  async want(record: ClusterRecord): Promise<void> {
    this.#before = predecessorOf(record);
    await this.mayAct();
  }

  /**
   * Must be asked before anything is created, retired or destroyed.
   *
   * @throws the file system's error when the lease cannot be read
   */
  async mayAct(): Promise<boolean> {
    if (this.#before === undefined) return false;
    if (await this.#lease?.holds()) return true;
    const isNews = this.#lease !== this.#told;
    this.#told = this.#lease;
    if (isNews) return false;
    const state = stateOf(this.#clusterName);
    // A removed cluster needs no leader.
    if ((await state.readRecord()) === undefined) return false;
    // Without our lease, the record's entry for us no longer counts.
    const released = this.#lease !== undefined || this.#before.released;
    const lease = await state.takeLead({ ...this.#before, released });
    if (lease === undefined) return false;
    this.#lease = lease;
    this.#onTaken();
    return true;
  }

  /** @throws DaskFleetError `WRONG_STATE` where the lead is lost */
  async assertHeld(): Promise<void> {
    if (this.#lease !== undefined && !(await this.#lease.holds())) throw lostLease(this.#lease.lost ?? "");
  }

  /** Releases the lease for the next process that attaches. */
  async giveUp(): Promise<void> {
    this.#before = undefined;
    await this.#lease?.release();
  }

  /** The cluster is gone, and its lease with it. */
  end(): void {
    this.#before = undefined;
    this.#lease?.stop();
  }
}
