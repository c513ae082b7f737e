import { stripVTControlCharacters } from "node:util";

import type { AddressFamily } from "../../../src/cloud/network/address-family.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { Machine, MachineState } from "../../../src/provider/machine.ts";
import { isWhose, type Whose, groupIn } from "../../../src/provider/tags.ts";
import type { ComputeApi } from "../api/client.ts";
import { lastPart } from "../api/links.ts";
import type { Instance } from "../api/sdk.ts";
import { isNotFound } from "../errors/gcp-error.ts";
import { machineId, placeOf } from "../tags/names.ts";
import { labelFilter } from "../tags/tags.ts";

const STATES: Readonly<Record<string, MachineState>> = {
  PENDING: "pending",
  PROVISIONING: "pending",
  STAGING: "pending",
  RUNNING: "running",
  REPAIRING: "running",
  DEPROVISIONING: "ending",
};

const PAGE_SIZE = 500;

/** Leaves out instances that boot or run. */
const TROUBLED = ["PROVISIONING", "STAGING", "RUNNING"].map((status) => `(status != ${status})`).join(" AND ");

/**
 * The instances of one cluster, of all of a name, or of all: as {@link listInstances}.
 *
 * @param notRunning only those that neither boot nor run
 */
export async function listInstancesOf(
  api: ComputeApi,
  {
    whose,
    zones,
    notRunning = false,
  }: { readonly whose: Whose; readonly zones: readonly string[]; readonly notRunning?: boolean | undefined },
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  const own = labelFilter(whose);
  const filter = notRunning ? `${own} AND ${TROUBLED}` : own;
  const listed = await listInstances(api, { filter, zones }, signal);
  return listed.filter(({ labels }) => isWhose(whose, labels ?? {}));
}

/**
 * The instances that a filter lets through, wherever in the project they are.
 *
 * @param zones that must have answered: Compute Engine leaves a zone out that it cannot reach, and that is not the same as empty
 */
export async function listInstances(
  api: ComputeApi,
  { filter, zones }: { readonly filter: string; readonly zones: readonly string[] },
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  const { project } = api;
  const scopes = await api.list("instances", "aggregatedList", signal, (client, options) =>
    client.aggregatedListAsync({ project, filter, maxResults: PAGE_SIZE }, options),
  );
  for (const [scope, { warning }] of scopes) {
    if (warning?.code === "UNREACHABLE" && zones.includes(lastPart(scope))) throw unreachable(lastPart(scope));
  }
  return scopes.flatMap(([, { instances }]) => instances ?? []);
}

/** Undefined where there is none of that name, or Compute Engine does not know it yet. */
export async function instanceNamed(
  api: ComputeApi,
  { zone, name }: { readonly zone: string; readonly name: string },
  signal: AbortSignal,
): Promise<Instance | undefined> {
  const { project } = api;
  try {
    const [instance] = await api.call("instances", "get", signal, (client, options) =>
      client.get({ project, zone, instance: name }, options),
    );
    return instance;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * An instance as a `Machine`.
 *
 * @param clients the address family by which clients reach a scheduler. A public IPv6 address is the only one of its kind, also inside.
 */
export function machineOf(instance: Instance, clients: AddressFamily = 4): Machine {
  const { name, zone, status, labels, networkInterfaces } = instance;
  const [card] = networkInterfaces ?? [];
  const external = known(card?.ipv6AccessConfigs?.[0]?.externalIpv6);
  return {
    id: machineId(lastPart(zone), name ?? ""),
    nodeName: name ?? "",
    role: labels?.["role"] === "scheduler" ? "scheduler" : "worker",
    group: groupIn(labels ?? {}),
    state: STATES[status ?? ""] ?? "stopped",
    privateAddress: known(card?.networkIP) ?? known(card?.ipv6Address) ?? external,
    publicAddress: clients === 6 ? external : known(card?.accessConfigs?.[0]?.natIP),
  };
}

/** What Compute Engine does not know yet, the SDK gives as an empty text. */
function known(address: string | null | undefined): string | undefined {
  return address === null || address === "" ? undefined : address;
}

function unreachable(zone: string): DaskFleetError {
  return new DaskFleetError(
    "PROVIDER_FAILED",
    `Compute Engine cannot reach the zone ${zone} right now: its machines are missing from the list.`,
    { meaning: "transient" },
  );
}

/** Enough for the end of any boot. */
const LAST_BYTES = 65_536;

/** The end of a machine's console output; empty where it is gone. */
export async function bootLogOf(api: ComputeApi, id: string, signal: AbortSignal): Promise<string> {
  const { project } = api;
  const { zone, name: instance } = placeOf(id);
  try {
    const [{ contents }] = await api.call("instances", "getSerialPortOutput", signal, (client, options) =>
      client.getSerialPortOutput({ project, zone, instance, port: 1, start: -LAST_BYTES }, options),
    );
    return stripVTControlCharacters(contents ?? "").replaceAll("\r", "");
  } catch (error) {
    if (isNotFound(error)) return "";
    throw error;
  }
}
