import { Deadline } from "../../deadline.ts";
import { messageOf } from "../../errors.ts";
import type { Troubles } from "../../fleet/troubles.ts";
import type { GroupSizes, WorkerGroup } from "../../provider/worker-group.ts";
import { readIntendedSizes, writeIntendedSizes } from "../../state/intended-size.ts";
import { within } from "../../wait.ts";
import type { Lead } from "./lead.ts";

/** A file system that does not answer holds up nobody for longer, and no close. */
export const STATE_TIMEOUT_MS = 30_000;

export interface SharedSizesOptions {
  readonly spec: { readonly clusterName: string; readonly groups: readonly Pick<WorkerGroup, "name">[] };
  readonly lead: Lead;
  readonly troubles: Troubles;
}

/** How many workers there should be of each group, as any process that holds a handle on the cluster has said. */
export class SharedSizes {
  readonly #options: SharedSizesOptions;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: SharedSizesOptions) {
    this.#options = options;
  }

  /**
   * Says it to the others.
   *
   * @param then done before sizes are looked at or set again
   */
  async set(sizes: GroupSizes, then: () => void): Promise<void> {
    await this.#inTurn(async () => {
      await writeIntendedSizes(this.#options.spec.clusterName, sizes);
      then();
    });
  }

  /**
   * Looks what others have said. Sizes that cannot be read are told, and change nothing.
   *
   * @param then done before sizes are looked at or set again
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

  /** So that a size that was read before another was set does not take its place. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }
}
