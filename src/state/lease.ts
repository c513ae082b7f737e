import { lstat } from "node:fs/promises";

import { DaskFleetError, asError } from "../errors.ts";
import { type Holder, holderInWords } from "./holder.ts";
import { type LeaseFound, findLease, leaseFile, leaseNumbers, releaseLease, touchLease } from "./lease-files.ts";

export interface LeaseOptions {
  readonly clusterName: string;
  /** The cluster's private directory. */
  readonly directory: string;
  readonly number: number;
  readonly holder: Holder;
  readonly times: LeaseTimes;
}

/**
 * A lease that this process holds: it alone leads the cluster. A timer renews it, without keeping the process alive, until the lease
 * is released or lost.
 */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #timer: NodeJS.Timeout;
  #renewedAt = performance.now();
  /** Identifies the file, once it was found to be ours. */
  #file: string | undefined;
  #lost: string | undefined;
  #trouble: Error | undefined;
  #checking: Promise<boolean> | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.holds().catch(() => undefined), options.times.renewMs).unref();
  }

  get holder(): Holder {
    return this.#options.holder;
  }

  /** Why it was lost, in a sentence; undefined while it is ours. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /** Why the last renewal failed. The lease stays ours until another process takes it. */
  get trouble(): Error | undefined {
    return this.#trouble;
  }

  /**
   * Asks the file system whether it is still ours, and renews it when due. Call it before each action that only the leader may take.
   * Once lost, it stays lost.
   *
   * @throws the file system's error when it cannot be known
   */
  async holds(): Promise<boolean> {
    if (this.#lost !== undefined) return false;
    this.#checking ??= this.#check().finally(() => (this.#checking = undefined));
    return await this.#checking;
  }

  /** Ends the renewal and leaves the lease to others. Removes nothing. */
  async release(): Promise<void> {
    this.stop();
    const { directory, number, holder } = this.#options;
    if (await this.holds().catch(() => false)) await releaseLease(directory, number, holder);
    this.#lost ??= "This process has given it up.";
  }

  /** Ends the renewal silently, when the cluster's directory is removed. */
  stop(): void {
    clearInterval(this.#timer);
  }

  async #check(): Promise<boolean> {
    const isDue = performance.now() - this.#renewedAt >= this.#options.times.renewMs / 2;
    if (await this.#isUntouched(isDue ? await this.#renew() : undefined)) return true;
    const { directory, number, holder } = this.#options;
    const found = await findLease(directory);
    if (found?.number === number && found.holder?.id === holder.id && !found.released) {
      this.#file = await leaseFile(directory, number);
      return true;
    }
    this.#lost ??= await this.#why(found);
    this.stop();
    return false;
  }

  /**
   * Two cheap looks suffice as long as nothing has changed.
   *
   * @param renewed the file, where it was just renewed
   */
  async #isUntouched(renewed: string | undefined): Promise<boolean> {
    const { directory, number } = this.#options;
    const [numbers, file] = await Promise.all([leaseNumbers(directory), renewed ?? leaseFile(directory, number)]);
    return file !== undefined && file === this.#file && Math.max(0, ...numbers) === number;
  }

  /** Identifies the renewed file. */
  async #renew(): Promise<string | undefined> {
    const { directory, number } = this.#options;
    const startedAt = performance.now();
    try {
      const file = await touchLease(directory, number);
      this.#renewedAt = startedAt;
      this.#trouble = undefined;
      return file;
    } catch (error) {
      this.#trouble = asError(error);
      return undefined;
    }
  }

  async #why(found: LeaseFound | undefined): Promise<string> {
    const { clusterName, directory, number } = this.#options;
    const follower = `This process no longer looks after ${clusterName}`;
    if (found !== undefined && found.number > number) {
      const who = found.holder === undefined ? "Another process" : capitalized(holderInWords(found.holder));
      return `${follower}: ${who} has taken the lead, because this one sent no heartbeat for long. It can still be used and closed from here.`;
    }
    const isThere = await lstat(directory).then(
      () => true,
      () => false,
    );
    return isThere
      ? `${follower}: its lease in ${directory} is gone or damaged. It can still be used and closed from here, and leads again when nobody else does.`
      : `${follower}: another process has removed its record (${directory}).`;
  }
}

/** @throws DaskFleetError `WRONG_STATE` */
export function lostLease(lost: string): DaskFleetError {
  return new DaskFleetError("WRONG_STATE", lost);
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** How a lease is kept, in milliseconds. All processes that share a state directory use the same. */
export interface LeaseTimes {
  /** Interval of renewals. */
  readonly renewMs: number;
  /** Silence after which an unseen holder may have ended: network file systems show a write up to a minute late. */
  readonly silentMs: number;
  /** How much longer a successor listens, for two renewals: the clock may have been set, or a computer may just have woken up. */
  readonly listenMs: number;
}

export const LEASE_TIMES: LeaseTimes = { renewMs: 10_000, silentMs: 90_000, listenMs: 23_000 };
