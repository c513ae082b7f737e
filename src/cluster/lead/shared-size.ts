import { Deadline } from "../../deadline.ts";
import { messageOf } from "../../errors.ts";
import type { Troubles } from "../../fleet/troubles.ts";
import type { GroupSizes, WorkerGroup } from "../../provider/worker-group.ts";
import { readIntendedSizes, sizesChangeMark, writeIntendedSizes } from "../../state/intended-size.ts";
import { within } from "../../wait.ts";
import type { Lead } from "./lead.ts";

/** A hanging file system delays nothing for longer, not even a close. */
export const STATE_TIMEOUT_MS = 30_000;

export interface SharedSizesOptions {
  readonly spec: { readonly clusterName: string; readonly groups: readonly Pick<WorkerGroup, "name">[] };
  readonly lead: Lead;
  readonly troubles: Troubles;
  /** Milliseconds. @default performance.now */
  readonly now?: (() => number) | undefined;
}

/** The coarsest clock of a file system is one of two seconds: a younger change may hide another. */
const CLEAR_MS = 3000;
/** Sizes are read again after this time, whatever the directory says: somebody may have edited a file. */
const OLD_MS = 60_000;

/** A state of the cluster's directory. */
interface Seen {
  readonly mark: string | undefined;
  readonly since: number;
  /** When the sizes were last read. */
  readonly readAt: number;
}

/** The intended size of each group, which any process with a handle on the cluster may set. */
export class SharedSizes {
  readonly #options: SharedSizesOptions;
  readonly #now: () => number;
  #turn: Promise<void> = Promise.resolve();
  #seen: Seen | undefined;

  constructor(options: SharedSizesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Writes sizes for other processes.
   *
   * @param then runs before sizes are read or written again
   */
  async set(sizes: GroupSizes, then: () => void): Promise<void> {
    await this.#inTurn(async () => {
      await writeIntendedSizes(this.#options.spec.clusterName, sizes);
      then();
    });
  }

  /**
   * Reads the sizes that others wrote, where they may have changed. Unreadable sizes give a warning and change nothing.
   *
   * @param then runs before sizes are read or written again
   * @returns whether another process may have written something, such as a lease
   */
  async look(then: (sizes: GroupSizes) => void): Promise<boolean> {
    const { lead, troubles } = this.#options;
    const before = this.#seen;
    await this.#inTurn(async () => {
      try {
        const sizes = await within("the number of workers", new Deadline(STATE_TIMEOUT_MS), () => this.#readIfNew());
        if (sizes !== undefined) then(sizes);
        troubles.tellOf("state", lead.trouble?.message);
      } catch (error) {
        this.#seen = undefined;
        troubles.tell("state", messageOf(error));
      }
    });
    return this.#seen === undefined || before?.mark !== this.#seen.mark;
  }

  /** Undefined where nothing has changed since they were read: a resting launcher only looks at the directory. */
  async #readIfNew(): Promise<GroupSizes | undefined> {
    const { clusterName, groups } = this.#options.spec;
    const now = this.#now();
    const mark = await sizesChangeMark(clusterName);
    const seen = this.#seen;
    const isKnown = seen !== undefined && seen.mark === mark;
    if (isKnown && seen.readAt >= seen.since + CLEAR_MS && now - seen.readAt < OLD_MS) return undefined;
    const sizes = await readIntendedSizes(
      clusterName,
      groups.map(({ name }) => name),
    );
    this.#seen = { mark, since: isKnown ? seen.since : now, readAt: now };
    return sizes;
  }

  /** A stale read must not undo a newer size. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }
}
