import { mapLimited } from "../../../src/cloud/api/in-batches.ts";
import type { Droplet } from "../api/api-types.ts";
import type { DropletApi } from "../api/client.ts";
import { dropletWithId } from "./machines.ts";

const CALLS_AT_ONCE = 5;

/**
 * Droplets whose deletion was accepted before any list had shown them. A list that lacks them does not tell that they are gone: the
 * deletion may have had no effect. They are asked for one by one until they are gone or listed.
 */
export class DeletedUnlisted {
  readonly #ids = new Set<string>();

  add(ids: readonly string[]): void {
    for (const id of ids) this.#ids.add(id);
  }

  /** Those that are there still, although the list lacks them. */
  async remaining(api: DropletApi, listed: readonly Droplet[], signal: AbortSignal): Promise<readonly Droplet[]> {
    for (const { id } of listed) this.#ids.delete(String(id));
    const results = await mapLimited([...this.#ids], CALLS_AT_ONCE, async (id) => {
      const droplet = await dropletWithId(api, id, signal);
      if (droplet === undefined) this.#ids.delete(id);
      return droplet;
    });
    return results.flatMap((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value === undefined ? [] : [result.value];
    });
  }
}
