import { newHolder } from "../../state/holder.ts";
import { type Lease, lostLease } from "../../state/lease.ts";
import type { Predecessor } from "../../state/state-store.ts";
import { type ClusterRecord, nameTaken, predecessorOf, stateOf } from "../record.ts";

/**
 * Whether this process looks after a cluster: of all that hold a handle on it, one does. It asks its lease before each thing that only
 * one may do; where the lease is lost it follows, and takes the lead again when nobody has it.
 */
export class Lead {
  readonly #clusterName: string;
  readonly #onTaken: () => void;
  #lease: Lease | undefined;
  /** The last one whose loss somebody was told. */
  #told: Lease | undefined;
  /** Known once this process has asked for the lead. */
  #before: Predecessor | undefined;

  /** @param onTaken called when this process begins to look after a cluster that another one has started */
  constructor(clusterName: string, onTaken: () => void) {
    this.#clusterName = clusterName;
    this.#onTaken = onTaken;
  }

  /** Why the lead was lost, in a sentence; undefined where it was not. */
  get lost(): string | undefined {
    return this.#lease?.lost;
  }

  /** What keeps the lease from being renewed. */
  get trouble(): Error | undefined {
    return this.#lease?.trouble;
  }

  /**
   * Writes the record of a cluster that is about to be made, and leads it.
   *
   * @throws DaskFleetError `CONFIG_INVALID` when there is a record of that name already: their machines could not be told apart
   */
  async begin(record: Omit<ClusterRecord, "launcher">): Promise<void> {
    const launcher = await newHolder();
    this.#before = { holder: launcher, released: false };
    const whole: ClusterRecord = { ...record, launcher };
    this.#lease = await stateOf(this.#clusterName).create(whole, launcher);
    if (this.#lease === undefined) throw await nameTaken(this.#clusterName);
  }

  /**
   * Writes the record again, with what is known by now.
   *
   * @throws DaskFleetError `WRONG_STATE` where the lead is lost
   */
  async update(record: Omit<ClusterRecord, "launcher">): Promise<void> {
    await this.assertHeld();
    const launcher = this.#lease?.holder ?? (await newHolder());
    const whole: ClusterRecord = { ...record, launcher };
    await stateOf(this.#clusterName).writeRecord(whole);
  }

  /** Looks after a cluster from now on, if nobody else does, and else as soon as nobody does. */
  async want(record: ClusterRecord): Promise<void> {
    this.#before = predecessorOf(record);
    await this.mayAct();
  }

  /**
   * Asked before anything is made, retired or destroyed.
   *
   * @throws what the file system says where it cannot be known
   */
  async mayAct(): Promise<boolean> {
    if (this.#before === undefined) return false;
    if (await this.#lease?.holds()) return true;
    const isNews = this.#lease !== this.#told;
    this.#told = this.#lease;
    if (isNews) return false;
    const state = stateOf(this.#clusterName);
    // Of a cluster that was removed nobody takes the lead.
    if ((await state.readRecord()) === undefined) return false;
    // Where our own lease is gone, the record's word for us counts no more.
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

  /** Leaves the cluster to whoever attaches to it next. */
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
