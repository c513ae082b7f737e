import { Deadline } from "../../deadline.ts";
import { messageOf } from "../../errors.ts";
import type { Troubles } from "../../fleet/troubles.ts";
import type { GroupSizes, WorkerGroup } from "../../provider/worker-group.ts";
import {
  type GroupBounds,
  type IntendedBounds,
  endAdapting,
  readIntendedBounds,
  writeIntendedBounds,
} from "../../state/intended-bounds.ts";
import { readIntendedSizes, sizesChangeMark, writeIntendedSizes } from "../../state/intended-size.ts";
import { sleep, within } from "../../wait.ts";
import type { Lead } from "./lead.ts";

/** A hanging file system delays nothing for longer, not even a close. */
export const STATE_TIMEOUT_MS = 30_000;

export interface SharedWishesOptions {
  readonly spec: { readonly clusterName: string; readonly groups: readonly Pick<WorkerGroup, "name">[] };
  readonly lead: Lead;
  readonly troubles: Troubles;
  /** Milliseconds. @default performance.now */
  readonly now?: (() => number) | undefined;
}

/** How long the leader's last step may take between its look at the bounds and its size. */
const LAST_STEP_MS = 100;
/** The coarsest clock of a file system is one of two seconds: a younger change may hide another. */
const CLEAR_MS = 3000;
/** Wishes are read again after this time, whatever the directory says: somebody may have edited a file. */
const OLD_MS = 60_000;

/** A state of the cluster's directory. */
interface Seen {
  readonly mark: string | undefined;
  readonly since: number;
  /** When the wishes were last read. */
  readonly readAt: number;
}

/** What the worker groups are to be like, as any process with a handle on the cluster may set it and the leader carries it out. */
export interface Wishes {
  readonly sizes: GroupSizes;
  /** Groups that are to follow Dask's adaptive target. */
  readonly bounds: GroupBounds;
}

/** The {@link Wishes} in the cluster's directory. */
export class SharedWishes {
  readonly #options: SharedWishesOptions;
  readonly #now: () => number;
  #turn: Promise<void> = Promise.resolve();
  #seen: Seen | undefined;

  constructor(options: SharedWishesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Writes sizes for other processes. They end adapting.
   *
   * @param then runs before wishes are read or written again
   */
  async setSizes(sizes: GroupSizes, then: () => void): Promise<void> {
    const { clusterName } = this.#options.spec;
    await this.#inTurn(async () => {
      const wereAdapting = await endAdapting(clusterName, Object.keys(sizes));
      await writeIntendedSizes(clusterName, sizes);
      then();
      if (!wereAdapting || this.#options.lead.isHeld) return;
      // The leader may just have looked at the bounds, and write the size that Dask asks for.
      await sleep(LAST_STEP_MS);
      await writeIntendedSizes(clusterName, sizes);
    });
  }

  /**
   * As {@link setSizes}, of groups that adapt; of those where another process has ended that, nothing.
   *
   * @param then gets the sizes of the groups that still adapt
   */
  async adaptTo(sizes: GroupSizes, then: (sizes: GroupSizes) => void): Promise<void> {
    const { clusterName } = this.#options.spec;
    await this.#inTurn(async () => {
      const bounds = await readIntendedBounds(clusterName, Object.keys(sizes));
      const still = Object.fromEntries(Object.entries(sizes).filter(([group]) => bounds[group] !== undefined));
      await writeIntendedSizes(clusterName, still);
      then(still);
    });
  }

  /** Writes bounds for the leader; undefined ends adapting. */
  async setBounds(bounds: Readonly<Record<string, IntendedBounds | undefined>>, then: () => void): Promise<void> {
    await this.#inTurn(async () => {
      await writeIntendedBounds(this.#options.spec.clusterName, bounds);
      then();
    });
  }

  /**
   * Reads the wishes that others wrote, where they may have changed. Unreadable ones give a warning and change nothing.
   *
   * @param then runs before wishes are read or written again
   * @returns whether another process may have written something, such as a lease
   */
  async look(then: (wishes: Wishes) => void): Promise<boolean> {
    const { lead, troubles } = this.#options;
    const before = this.#seen;
    await this.#inTurn(async () => {
      try {
        const wishes = await within("the number of workers", new Deadline(STATE_TIMEOUT_MS), () => this.#readIfNew());
        if (wishes !== undefined) then(wishes);
        troubles.tellOf("state", lead.trouble?.message);
      } catch (error) {
        this.#seen = undefined;
        troubles.tell("state", messageOf(error));
      }
    });
    return this.#seen === undefined || before?.mark !== this.#seen.mark;
  }

  /** Undefined where nothing has changed since they were read: a resting launcher only looks at the directory. */
  async #readIfNew(): Promise<Wishes | undefined> {
    const { clusterName, groups } = this.#options.spec;
    const now = this.#now();
    const mark = await sizesChangeMark(clusterName);
    const seen = this.#seen;
    const isKnown = seen !== undefined && seen.mark === mark;
    if (isKnown && seen.readAt >= seen.since + CLEAR_MS && now - seen.readAt < OLD_MS) return undefined;
    const names = groups.map(({ name }) => name);
    const [sizes, bounds] = await Promise.all([
      readIntendedSizes(clusterName, names),
      readIntendedBounds(clusterName, names),
    ]);
    this.#seen = { mark, since: isKnown ? seen.since : now, readAt: now };
    return { sizes, bounds };
  }

  /** A stale read must not undo a newer wish. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }
}
