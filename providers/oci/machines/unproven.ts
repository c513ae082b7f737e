import { mapLimited } from "../../../src/cloud/api/in-batches.ts";
import type { KnownEnds } from "../../../src/cloud/machines/known-ends.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { OciApi } from "../api/client.ts";
import type { Instance } from "../api/sdk.ts";
import { stateOf } from "../api/state.ts";
import type { OciError } from "../errors/oci-error.ts";
import { whyEnded } from "./fate.ts";
import { isTerminated, machineOf } from "./machines.ts";

const LOOKS_AT_ONCE = 5;

/**
 * Machines that this process has launched and that have not run yet. OCI may accept a launch, find no capacity for it, and list the
 * machine as terminated, as it lists one that somebody has deleted.
 */
export class Unproven {
  /** Their work requests, by OCID of the machine. */
  readonly #launches = new Map<string, string | undefined>();
  readonly #ends: KnownEnds;

  constructor(ends: KnownEnds) {
    this.#ends = ends;
  }

  add(id: string, workRequestId: string | undefined): void {
    this.#launches.set(id, workRequestId);
  }

  forget(ids: readonly string[]): void {
    for (const id of ids) this.#launches.delete(id);
  }

  /** Why a machine of these ended; undefined where OCI gives no reason. */
  async whyEnded(api: OciApi, id: string, signal: AbortSignal): Promise<OciError | undefined> {
    return await whyEnded(api, this.#launches.get(id), signal);
  }

  /** Takes in what a list shows, and asks why a launch has failed. */
  async see(api: OciApi, instances: readonly Instance[], signal: AbortSignal): Promise<void> {
    const failed = instances.filter((each) => this.#launches.has(each.id) && isTerminated(each));
    for (const each of instances) if (stateOf(each) === "RUNNING") this.#launches.delete(each.id);
    await mapLimited(failed, LOOKS_AT_ONCE, async (instance) => {
      const why = (await this.whyEnded(api, instance.id, signal)) ?? noReason(instance.id);
      this.#launches.delete(instance.id);
      this.#ends.failed([{ ...machineOf(instance), state: "stopped" }], why);
    });
  }
}

function noReason(id: string): DaskFleetError {
  return new DaskFleetError(
    "MACHINE_CREATE_FAILED",
    `OCI terminated the instance ${id} before it ran, and gives no reason.`,
  );
}
