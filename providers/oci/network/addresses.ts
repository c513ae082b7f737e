import { mapLimited } from "../../../src/cloud/api/in-batches.ts";
import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import { type Addresses, withAddresses } from "../../../src/cloud/machines/addresses.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import type { OciApi } from "../api/client.ts";
import type { VnicAttachment } from "../api/sdk.ts";
import { stateOf } from "../api/state.ts";
import { isNotFound } from "../errors/oci-error.ts";
import { findInstance } from "../machines/machines.ts";

const LONGEST_PAUSE_MS = 1000;
const PAGE_SIZE = 1000;
const LISTS_AT_ONCE = 4;

interface Wanted {
  /** Whether it is to have a public address, too. */
  readonly isPublic: boolean;
  readonly pollIntervalMs: number;
  readonly signal: AbortSignal;
  /** Why OCI gave the instance up, if it says so. */
  readonly whyEnded: () => Promise<DaskFleetError | undefined>;
}

/** Waits until an instance has its addresses: its card is attached some seconds after the launch. */
export async function instanceWithAddresses(
  api: OciApi,
  machine: Machine,
  { isPublic, pollIntervalMs, signal, whyEnded }: Wanted,
): Promise<Machine> {
  return await withAddresses(machine, {
    kind: "instance",
    isPublic,
    look: async () => {
      const instance = await findInstance(api, machine.id, signal);
      if (instance === undefined) return undefined;
      const state = stateOf(instance);
      if (!["PROVISIONING", "STARTING", "RUNNING", "MOVING"].includes(state))
        throw ended(machine.id, state, await whyEnded());
      return { addresses: (await addressesOf(api, machine.id, signal)) ?? {}, state };
    },
    intervalMs: Math.min(pollIntervalMs, LONGEST_PAUSE_MS),
    signal,
  });
}

/** An instance's addresses; undefined while it has none. */
export async function addressesOf(
  api: OciApi,
  instanceId: string,
  signal: AbortSignal,
): Promise<Addresses | undefined> {
  const [attachment] = await attachmentsOf(api, { instanceId }, signal);
  const { vnicId } = attachment ?? {};
  if (vnicId === undefined) return undefined;
  try {
    const { vnic } = await api.call("network", "GetVnic", signal, (client) => client.getVnic({ vnicId }));
    return { privateAddress: vnic.privateIp, publicAddress: vnic.publicIp };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The private addresses of all instances of the compartment that have one, by OCID: two lists, not a call for each instance. */
export async function privateAddresses(api: OciApi, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const attachments = await attachmentsOf(api, {}, signal);
  const subnets = [...new Set(attachments.flatMap(({ subnetId }) => subnetId ?? []))];
  const lists = await mapLimited(subnets, LISTS_AT_ONCE, (subnetId) =>
    api.list("network", "ListPrivateIps", signal, (client, page) =>
      client.listPrivateIps({ subnetId, limit: PAGE_SIZE, ...page }),
    ),
  );
  throwRejected(lists);
  const addresses = new Map<string, string>();
  for (const list of lists) {
    for (const { vnicId, ipAddress, isPrimary } of list.status === "fulfilled" ? list.value : []) {
      if (vnicId !== undefined && ipAddress !== undefined && isPrimary !== false) addresses.set(vnicId, ipAddress);
    }
  }
  return new Map(
    attachments.flatMap(({ instanceId, vnicId = "" }) => {
      const address = addresses.get(vnicId);
      return address === undefined ? [] : [[instanceId, address] as const];
    }),
  );
}

async function attachmentsOf(
  api: OciApi,
  of: { readonly instanceId?: string },
  signal: AbortSignal,
): Promise<readonly VnicAttachment[]> {
  const { compartmentId } = api;
  const all = await api.list("compute", "ListVnicAttachments", signal, (client, page) =>
    client.listVnicAttachments({ compartmentId, limit: PAGE_SIZE, ...of, ...page }),
  );
  return all.filter((attachment) => stateOf(attachment) === "ATTACHED");
}

function ended(id: string, state: string, cause: DaskFleetError | undefined): DaskFleetError {
  const why = cause?.message ?? "OCI gives no reason.";
  return new DaskFleetError("MACHINE_CREATE_FAILED", `The instance ${id} is ${state}. ${why}`, {
    cause,
    meaning: cause?.meaning,
  });
}
