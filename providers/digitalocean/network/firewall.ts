import { DEFAULT_NODE_PORTS } from "../../../src/bootstrap/node-spec.ts";
import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import type { RecentCreations } from "../../../src/cloud/machines/recent-creations.ts";
import { isWhose, type Whose } from "../../../src/provider/tags.ts";
import type { Firewall } from "../api/api-types.ts";
import type { DropletApi } from "../api/client.ts";
import { DropletError, isNotFound } from "../errors/droplet-error.ts";
import { ensureTags } from "../tags/tag-objects.ts";
import { clusterTag, type Named, OURS, roleTag } from "../tags/tags.ts";

/** What of a cluster's network was created a moment ago: tags, and its two firewalls. */
export const RECENT_KINDS = ["tags", "members", "clients"] as const;
export type RecentNetwork = Readonly<Record<(typeof RECENT_KINDS)[number], RecentCreations>>;

export interface FirewallInput {
  readonly cluster: Named;
  readonly tags: Readonly<Record<string, string>>;
  /** Who may reach the scheduler, in CIDR notation. */
  readonly cidrs: readonly string[];
}

interface FoundFirewall {
  readonly id: string;
  readonly name: string;
  /** The cluster's tags, as its name tells them. */
  readonly tags: Readonly<Record<string, string>>;
}

const ALL_PORTS = "0";
const EVERYWHERE = { addresses: ["0.0.0.0/0", "::/0"] };

/**
 * Two cloud firewalls, which hold for droplets by their tags: members reach each other, and the scheduler is reached at Dask's port
 * and the dashboard's gate. Nothing else comes in. They are found again by their names, since a firewall's tags say which droplets
 * it holds for.
 */
export async function ensureFirewalls(
  api: DropletApi,
  { cluster, tags, cidrs }: FirewallInput,
  recent: RecentNetwork,
  signal: AbortSignal,
): Promise<void> {
  const members = clusterTag(cluster);
  const scheduler = roleTag(cluster, "scheduler");
  await ensureTags(api, [members, scheduler], recent.tags, signal);
  const ports = [DEFAULT_NODE_PORTS.scheduler, DEFAULT_NODE_PORTS.gate].map(String);
  const wanted = [
    {
      recent: recent.members,
      name: firewallName(cluster, "members", tags),
      tags: [members],
      inbound_rules: every(({ protocol }) => ({ protocol, ports: ALL_PORTS, sources: { tags: [members] } })),
      outbound_rules: every(({ protocol }) => ({ protocol, ports: ALL_PORTS, destinations: EVERYWHERE })),
    },
    {
      recent: recent.clients,
      name: firewallName(cluster, "clients", tags),
      tags: [scheduler],
      inbound_rules: ports.map((port) => ({ protocol: "tcp", ports: port, sources: { addresses: cidrs } })),
      outbound_rules: every(({ protocol }) => ({ protocol, ports: ALL_PORTS, destinations: EVERYWHERE })),
    },
  ];
  throwRejected(
    await Promise.allSettled(
      wanted.map(({ recent: own, ...firewall }) => ensure(api, firewall, { cluster, recent: own }, signal)),
    ),
  );
}

/** Of one cluster, of all of a name, or of all. */
export async function findFirewalls(
  api: DropletApi,
  whose: Whose,
  signal: AbortSignal,
): Promise<readonly FoundFirewall[]> {
  const firewalls = await api.list<Firewall>("/firewalls", "firewalls", { idOf: ({ id }) => id }, signal);
  return firewalls.flatMap(({ id, name }) => {
    const tags = tagsIn(name);
    return isWhose(whose, tags) ? [{ id, name, tags }] : [];
  });
}

/** One that is already gone is a success. */
export async function removeFirewall(
  api: DropletApi,
  id: string,
  recent: RecentNetwork,
  signal: AbortSignal,
): Promise<void> {
  try {
    await api.call("DELETE /v2/firewalls/{id}", signal, async ({ sdk }) => await sdk.firewalls.deleteFirewall(id));
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  recent.members.forget(id);
  recent.clients.forget(id);
}

/** DigitalOcean has no idempotency tokens: where it is not known what a call has done, the firewall is looked for before it is made again. */
async function ensure(
  api: DropletApi,
  wanted: { readonly name: string },
  { cluster, recent }: { readonly cluster: Named; readonly recent: RecentCreations },
  signal: AbortSignal,
): Promise<void> {
  const action = "POST /v2/firewalls";
  for (let tried = 1; ; tried += 1) {
    try {
      const { id } = await api.call(
        action,
        signal,
        // The library's type wants lists that the API does not.
        async ({ sdk }) => (await sdk.firewalls.createFirewall(wanted as never)) as { readonly id: string },
        { repeatable: false },
      );
      recent.add([id]);
      return;
    } catch (error) {
      if (!(error instanceof DropletError && error.refused)) recent.addUnknown();
      if (signal.aborted || !(error instanceof DropletError)) throw error;
      const there = (await findFirewalls(api, { name: cluster.name, ids: [cluster.id] }, signal)).find(
        ({ name }) => name === wanted.name,
      );
      if (there !== undefined) {
        recent.add([there.id]);
        return;
      }
      if (error.refused || tried > 1) throw error;
    }
  }
}

function every<Rule>(rule: (of: { readonly protocol: string }) => Rule): Rule[] {
  return ["tcp", "udp", "icmp"].map((protocol) => rule({ protocol }));
}

/**
 * `dask-fleet.lab.members.0123456789abcdef.1764000000`: its cluster, what it is for, the cluster's id and, where the cluster has an end,
 * when that is. Older versions knew no ids.
 */
export function firewallName(
  { name, id }: Named,
  what: "members" | "clients",
  { expires }: Readonly<Record<string, string>>,
): string {
  return [OURS, name, what, ...(id === undefined ? [] : [id]), ...(expires === undefined ? [] : [expires])].join(".");
}

function tagsIn(name: string): Readonly<Record<string, string>> | undefined {
  const [prefix, clusterName, what, ...facts] = name.split(".");
  if (prefix !== OURS || clusterName === undefined || what === undefined) return undefined;
  const expires = facts.find((fact) => /^\d{1,12}$/.test(fact));
  const id = facts.find((fact) => fact !== expires);
  return {
    creator: OURS,
    "cluster-name": clusterName,
    ...(id === undefined ? {} : { "cluster-id": id }),
    ...(expires === undefined ? {} : { expires }),
  };
}
