import { DaskFleetError, messageOf } from "../../errors.ts";
import type { ClusterManager } from "../../index.ts";
import { type Ended, Handle } from "./handle.ts";
import { LIMITS } from "./limits.ts";
import type { Outbox } from "./outbox.ts";
import type { RpcProvider } from "./providers.ts";
import { isIncomplete } from "./rpc-error.ts";

export interface NewHandle {
  readonly key: string;
  readonly cluster: ClusterManager;
  readonly provider: RpcProvider;
  readonly closesWithClient: boolean;
}

/** The clusters of this process. */
export class Clusters {
  readonly #outbox: Outbox;
  readonly #open = new Map<string, Handle>();
  readonly #ended = new Map<string, Ended>();
  #made = 0;
  #isEnding = false;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** A key that no other cluster of this process has had. */
  newKey(): string {
    this.#made += 1;
    return `c${this.#made}`;
  }

  /** @throws DaskFleetError `CLOSED` when the process is about to end */
  assertOpen(): void {
    if (this.#isEnding) throw new DaskFleetError("CLOSED", "dask-fleet rpc is ending: it starts nothing more.");
  }

  add(parts: NewHandle): Handle {
    this.assertOpen();
    const onEnded = (ended: Ended): void => this.#end(ended);
    const handle = new Handle({ ...parts, outbox: this.#outbox, onEnded });
    this.#open.set(handle.key, handle);
    return handle;
  }

  /** @throws DaskFleetError `CLOSED`, `CLUSTER_NOT_FOUND` */
  open(key: string): Handle {
    const found = this.find(key);
    if (found instanceof Handle) return found;
    throw new DaskFleetError("CLOSED", `The cluster ${found.cluster} (${found.name}) is ${found.state}.`);
  }

  /** @throws DaskFleetError `CLUSTER_NOT_FOUND` */
  find(key: string): Handle | Ended {
    const found = this.#open.get(key) ?? this.#ended.get(key);
    if (found === undefined) {
      throw new DaskFleetError("CLUSTER_NOT_FOUND", `There is no cluster "${key.slice(0, 60)}" in this process.`);
    }
    return found;
  }

  /**
   * Closes what ends with the client, and leaves the rest.
   *
   * @param tell of what is left, for people
   * @returns the closed ones' keys, and whether nothing is left that should not be
   */
  async end(tell: (text: string) => void): Promise<{ readonly closed: readonly string[]; readonly isClean: boolean }> {
    this.#isEnding = true;
    const handles = [...this.#open.values()];
    const ends = await Promise.all(handles.map(async (handle) => ({ handle, how: await endOf(handle, tell) })));
    const closed = ends.filter(({ how }) => how === "closed").map(({ handle }) => handle.key);
    return { closed, isClean: ends.every(({ how }) => how !== "left") };
  }

  #end(ended: Ended): void {
    this.#open.delete(ended.cluster);
    this.#ended.set(ended.cluster, ended);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > LIMITS.ended && oldest !== undefined) this.#ended.delete(oldest);
  }
}

async function endOf(handle: Handle, tell: (text: string) => void): Promise<"closed" | "detached" | "left"> {
  const isClosing = handle.closesWithClient || handle.cluster.state !== "running";
  try {
    if (isClosing) await handle.close();
    else await handle.detach();
    return isClosing ? "closed" : "detached";
  } catch (error) {
    if (!isClosing) return handle.isOver ? "closed" : "detached";
    tell(messageOf(error));
    return isIncomplete(error) || !handle.isOver ? "left" : "closed";
  }
}
