import type { AddressFamily } from "../../../src/cloud/network/address-family.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type { Machine, MachineState } from "../../../src/provider/machine.ts";
import { groupIn, isWhose, type Whose } from "../../../src/provider/tags.ts";
import type { Droplet } from "../api/api-types.ts";
import type { DropletApi } from "../api/client.ts";
import { isNotFound } from "../errors/droplet-error.ts";
import { clusterTag, OURS, tagsFrom } from "../tags/tags.ts";

const STATES: Readonly<Record<string, MachineState>> = { new: "pending", active: "running" };

/** The droplets of one cluster, of all of a name, or of all, in whatever state: DigitalOcean charges for those that are powered off, too. */
export async function listDroplets(api: DropletApi, whose: Whose, signal: AbortSignal): Promise<readonly Droplet[]> {
  const params = { tag_name: (whose !== undefined && "ids" in whose ? tagOfAll(whose) : undefined) ?? OURS };
  const listed = await api.list<Droplet>("/droplets", "droplets", { params, idOf: ({ id }) => id }, signal);
  return listed.filter(({ tags }) => isWhose(whose, tagsFrom(tags)));
}

/** The tag that a cluster's droplets have, and no others; undefined where there is no single one. */
export function tagOfAll({ name, ids }: ClusterIdentity): string | undefined {
  const [id, ...more] = ids;
  return more.length === 0 ? clusterTag({ name, id }) : undefined;
}

/** Undefined where DigitalOcean does not know it, or not yet. */
export async function dropletWithId(api: DropletApi, id: string, signal: AbortSignal): Promise<Droplet | undefined> {
  try {
    return await api.get<Droplet>(`/droplets/${id}`, "droplet", signal);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * A droplet as a `Machine`.
 *
 * @param clients the address family by which clients reach a scheduler
 */
export function machineOf({ id, status, tags, networks }: Droplet, clients: AddressFamily = 4): Machine {
  const address = (family: "v4" | "v6", type: string): string | undefined =>
    networks?.[family]?.find((each) => each.type === type)?.ip_address;
  const said = tagsFrom(tags);
  return {
    id: String(id),
    nodeName: String(id),
    role: said["role"] === "scheduler" ? "scheduler" : "worker",
    group: groupIn(said),
    state: STATES[status] ?? "stopped",
    privateAddress: address("v4", "private"),
    publicAddress: address(clients === 6 ? "v6" : "v4", "public"),
  };
}

/** DigitalOcean has no call for console output: only its web page shows it, while the droplet exists. */
export function whereToLook({ id }: Machine): string {
  return (
    `DigitalOcean shows a droplet's console only in its control panel: https://cloud.digitalocean.com/droplets/${id}. ` +
    "To keep a droplet that fails, set `autoShutdown: false` and a longer `startTimeoutMs`; cloud-init's log is /var/log/cloud-init-output.log.\n"
  );
}
