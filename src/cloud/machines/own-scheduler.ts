import type { ClusterIdentity } from "../../provider/identity.ts";
import { isWhose } from "../../provider/tags.ts";

type Tags = Readonly<Record<string, string>>;

interface NamedMachines {
  readonly identity: ClusterIdentity;
  /** Whether a machine's id follows from its cluster's name; other ids are random. */
  readonly isNamed: (id: string) => boolean;
  /** Asks the cloud for a machine; undefined where it has none. */
  readonly look: (id: string) => Promise<{ readonly tags: Tags | undefined } | undefined>;
}

/** No cloud deletes a machine, and gives its name away, in less. */
const LATELY_MS = 15_000;

/**
 * Tells a cluster's scheduler from a later one of the same name. Where machines are named by us, the scheduler's is named for its
 * cluster: if it was removed from elsewhere, another cluster of that name may have a machine with the same id.
 */
export class OwnScheduler {
  /** By the computer's clock: what sleeps with a laptop does not know how long. */
  readonly #seenAt = new Map<string, number>();

  /** The machine was seen to be this cluster's. */
  see(id: string): void {
    this.#seenAt.set(id, Date.now());
  }

  /** Of machines that are to be deleted, those that are still this cluster's. */
  async stillOwn(ids: readonly string[], { identity, isNamed, look }: NamedMachines): Promise<readonly string[]> {
    const looks = ids.map(async (id) => {
      if (!isNamed(id) || this.#wasSeenLately(id)) return [id];
      const found = await look(id);
      // One that is not listed yet may exist all the same.
      return found === undefined || isWhose(identity, found.tags) ? [id] : [];
    });
    return (await Promise.all(looks)).flat();
  }

  #wasSeenLately(id: string): boolean {
    return Math.abs(Date.now() - (this.#seenAt.get(id) ?? 0)) < LATELY_MS;
  }
}
