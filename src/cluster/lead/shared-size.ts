import { Deadline } from "../../deadline.ts";
import { messageOf } from "../../errors.ts";
import type { Troubles } from "../../fleet/troubles.ts";
import type { GroupSizes, WorkerGroup } from "../../provider/worker-group.ts";
import { readIntendedSizes, writeIntendedSizes } from "../../state/intended-size.ts";
import { within } from "../../wait.ts";
import type { Lead } from "./lead.ts";

/** A hanging file system delays nothing for longer, not even a close. */
export const STATE_TIMEOUT_MS = 30_000;

export interface SharedSizesOptions {
  readonly spec: { readonly clusterName: string; readonly groups: readonly Pick<WorkerGroup, "name">[] };
  readonly lead: Lead;
  readonly troubles: Troubles;
}

/** The intended size of each group, which any process with a handle on the cluster may set. */
export class SharedSizes {
  readonly #options: SharedSizesOptions;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: SharedSizesOptions) {
    this.#options = options;
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
   * Reads the sizes that others wrote. Unreadable sizes give a warning and change nothing.
   *
   * @param then runs before sizes are read or written again
   */
  async look(then: (sizes: GroupSizes) => void): Promise<void> {
    const { spec, lead, troubles } = this.#options;
    const { clusterName, groups } = spec;
    const names = groups.map(({ name }) => name);
    await this.#inTurn(async () => {
      try {
        const sizes = await within("the number of workers", new Deadline(STATE_TIMEOUT_MS), () =>
          readIntendedSizes(clusterName, names),
        );
        then(sizes);
        troubles.tellOf("state", lead.trouble?.message);
      } catch (error) {
        troubles.tell("state", messageOf(error));
      }
    });
  }

  /** A stale read must not undo a newer size. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }
}
