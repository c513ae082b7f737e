import type { Machine, MachineState } from "../../../src/provider/machine.ts";
import { groupIn, isWhose, type Whose } from "../../../src/provider/tags.ts";
import type { OciApi } from "../api/client.ts";
import type { Instance } from "../api/sdk.ts";
import { stateOf } from "../api/state.ts";
import { isNotFound } from "../errors/oci-error.ts";

const STATES: Readonly<Record<string, MachineState>> = {
  PROVISIONING: "pending",
  STARTING: "pending",
  RUNNING: "running",
  MOVING: "running",
  CREATING_IMAGE: "running",
  STOPPING: "stopped",
  STOPPED: "stopped",
  TERMINATING: "ending",
};

/** A list has the user data of every instance in it. */
const PAGE_SIZE = 200;

/** The instances of one cluster, of all of a name, or of all, in any state: OCI lists terminated ones for some hours. */
export async function listInstances(api: OciApi, whose: Whose, signal: AbortSignal): Promise<readonly Instance[]> {
  const { compartmentId } = api;
  const all = await api.list("compute", "ListInstances", signal, (client, page) =>
    client.listInstances({ compartmentId, limit: PAGE_SIZE, ...page }),
  );
  return all.filter(({ freeformTags }) => isWhose(whose, freeformTags));
}

export function isTerminated(instance: Instance): boolean {
  return stateOf(instance) === "TERMINATED";
}

/** One instance, in any state; undefined where OCI does not know it, or not yet. */
export async function findInstance(api: OciApi, id: string, signal: AbortSignal): Promise<Instance | undefined> {
  try {
    const { instance } = await api.call("compute", "GetInstance", signal, (client) =>
      client.getInstance({ instanceId: id }),
    );
    return instance;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** An instance as a `Machine`, whose addresses OCI tells elsewhere. */
export function machineOf(instance: Instance): Machine {
  const { id, freeformTags = {} } = instance;
  return {
    id,
    nodeName: id,
    role: freeformTags["role"] === "scheduler" ? "scheduler" : "worker",
    group: groupIn(freeformTags),
    state: STATES[stateOf(instance)] ?? "stopped",
  };
}
