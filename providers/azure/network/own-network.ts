import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import type { RecentCreations } from "../../../src/cloud/machines/recent-creations.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type { Resource } from "../../../src/provider/machine.ts";
import { isWhose } from "../../../src/provider/tags.ts";
import type { AzureApi, Pages, Services } from "../api/client.ts";
import { begin, ended, type Poller, remove, inTurn } from "../api/operations.ts";
import { AzureError, isGroupGone, isNotFound } from "../errors/azure-error.ts";
import type { Where } from "../machines/machines.ts";
import { groupName, GROUPS, type Named, namedBy, networkName } from "../tags/names.ts";
import { notOurs, type Tags } from "../tags/tags.ts";
import { type FirewallWishes, securityGroupFor } from "./firewall.ts";
import { networkFor } from "./network.ts";

type Network = Services["network"];

interface Thing {
  readonly name?: string;
  readonly tags?: Tags;
}

/** A kind of thing of the cluster's own network, and Azure's calls for it. */
interface Kind {
  /** As it stands in lists of what is left. */
  readonly word: string;
  /** As in the names of Azure's operations. */
  readonly operations: string;
  readonly names: (cluster: Named) => readonly string[];
  readonly get: (client: Network, group: string, name: string) => Promise<Thing>;
  readonly list: (client: Network, group: string) => Pages<Thing>;
  readonly remove: (client: Network, group: string, name: string) => Poller;
}

const VIRTUAL_NETWORK: Kind = {
  word: "virtual network",
  operations: "VirtualNetworks",
  names: (cluster) => [networkName(cluster)],
  get: (client, group, name) => client.virtualNetworks.get(group, name),
  list: (client, group) => client.virtualNetworks.list(group),
  remove: (client, group, name) => client.virtualNetworks.delete(group, name),
};

const SECURITY_GROUP: Kind = {
  word: "security group",
  operations: "NetworkSecurityGroups",
  names: (cluster) => [networkName(cluster)],
  get: (client, group, name) => client.networkSecurityGroups.get(group, name),
  list: (client, group) => client.networkSecurityGroups.list(group),
  remove: (client, group, name) => client.networkSecurityGroups.delete(group, name),
};

const APPLICATION_GROUP: Kind = {
  word: "application security group",
  operations: "ApplicationSecurityGroups",
  names: (cluster) => GROUPS.map((group) => groupName(cluster, group)),
  get: (client, group, name) => client.applicationSecurityGroups.get(group, name),
  list: (client, group) => client.applicationSecurityGroups.list(group),
  remove: (client, group, name) => client.applicationSecurityGroups.delete(group, name),
};

/** In the order in which they can be removed: each is named by those before it. */
const KINDS: readonly (readonly Kind[])[] = [[SECURITY_GROUP], [APPLICATION_GROUP, VIRTUAL_NETWORK]];

interface OwnNetwork extends FirewallWishes {
  /** Whether the virtual network is made, too. */
  readonly makesNetwork: boolean;
  readonly makesFirewall: boolean;
  readonly recent: RecentCreations;
}

/** What {@link makeNetwork} makes. */
export function partsOfNetwork(
  cluster: Named,
  { makesNetwork, makesFirewall }: Pick<OwnNetwork, "makesNetwork" | "makesFirewall">,
): readonly Resource[] {
  const kinds = [
    ...(makesNetwork ? [VIRTUAL_NETWORK] : []),
    ...(makesFirewall ? [SECURITY_GROUP, APPLICATION_GROUP] : []),
  ];
  return kinds.flatMap(({ word, names }) => names(cluster).map((id) => ({ kind: word, id })));
}

/** Makes what the cluster's machines are connected to and are behind. */
export async function makeNetwork(api: AzureApi, wishes: OwnNetwork, signal: AbortSignal): Promise<void> {
  const { cluster, resourceGroup, location, tags } = wishes;
  const group = { location, tags: { ...tags } };
  const plain = [
    ...(wishes.makesNetwork
      ? [
          ensure(api, VIRTUAL_NETWORK, networkName(cluster), wishes, signal, (client, name) =>
            client.virtualNetworks.createOrUpdate(resourceGroup, name, networkFor(location, tags)),
          ),
        ]
      : []),
    ...(wishes.makesFirewall
      ? APPLICATION_GROUP.names(cluster).map((name) =>
          ensure(api, APPLICATION_GROUP, name, wishes, signal, (client) =>
            client.applicationSecurityGroups.createOrUpdate(resourceGroup, name, group),
          ),
        )
      : []),
  ];
  // All come to an end, so that a tear-down does not overtake one that goes on.
  throwRejected(await Promise.allSettled(plain));
  if (!wishes.makesFirewall) return;
  await ensure(api, SECURITY_GROUP, networkName(cluster), wishes, signal, (client, name) =>
    client.networkSecurityGroups.createOrUpdate(resourceGroup, name, securityGroupFor(api, wishes)),
  );
}

/**
 * Removes what {@link makeNetwork} has made, asked for by name, since lists lag behind. What is gone already is a success, and what
 * is not ours stays.
 */
export async function removeNetwork(
  api: AzureApi,
  {
    identity,
    resourceGroup,
    recent,
  }: { readonly identity: ClusterIdentity } & Pick<OwnNetwork, "resourceGroup" | "recent">,
  signal: AbortSignal,
): Promise<void> {
  const steps = KINDS.map((kinds) => async () => {
    const doomed = kinds.flatMap((kind) =>
      namedBy(identity).flatMap((cluster) => kind.names(cluster).map((name) => ({ kind, name }))),
    );
    throwRejected(
      await Promise.allSettled(
        doomed.map(async ({ kind, name }) => {
          if (!isWhose(identity, await tagsOf(api, kind, { resourceGroup, name }, signal))) return;
          const action = `${kind.operations}_Delete`;
          await remove(api, { action, service: "network" }, signal, (client) =>
            kind.remove(client, resourceGroup, name),
          );
        }),
      ),
    );
  });
  throwRejected(await inTurn(steps, signal));
  if (recent.hasUnknown) throw moreMayCome();
}

/** What of those clusters' networks is there, as lists show it. */
export async function findNetworks(
  api: AzureApi,
  { whose, resourceGroup }: Where,
  signal: AbortSignal,
): Promise<readonly { readonly kind: string; readonly name: string; readonly tags: Tags }[]> {
  const found = await Promise.all(
    KINDS.flat().map(async ({ word, operations, list }) => {
      const things = await api.list<Thing>(`${operations}_List`, signal, ({ network }) => list(network, resourceGroup));
      return things.flatMap(({ name = "", tags }) => (isWhose(whose, tags) ? [{ kind: word, name, tags }] : []));
    }),
  );
  return found.flat();
}

async function ensure(
  api: AzureApi,
  kind: Kind,
  name: string,
  { cluster, resourceGroup, recent }: OwnNetwork,
  signal: AbortSignal,
  create: (client: Network, name: string) => Poller,
): Promise<void> {
  const existing = await tagsOf(api, kind, { resourceGroup, name }, signal);
  const isOwn = isWhose({ name: cluster.name, ids: [cluster.id] }, existing);
  if (existing !== undefined && !isOwn) throw notOurs(cluster, { kind: kind.word, name, tags: existing });
  const action = `${kind.operations}_CreateOrUpdate`;
  let isAccepted = false;
  try {
    const making = await begin(api, { action, service: "network" }, signal, (client) => create(client, name));
    isAccepted = true;
    await ended(api, making, signal);
    recent.add([`${kind.word} ${name}`]);
  } catch (error) {
    if (isAccepted || !(error instanceof AzureError && error.refused)) recent.addUnknown();
    throw error;
  }
}

/** Undefined where none has that name. */
async function tagsOf(
  api: AzureApi,
  kind: Kind,
  { resourceGroup, name }: { readonly resourceGroup: string; readonly name: string },
  signal: AbortSignal,
): Promise<Tags | undefined> {
  try {
    const { tags = {} } = await api.call(`${kind.operations}_Get`, signal, ({ network }) =>
      kind.get(network, resourceGroup, name),
    );
    return tags;
  } catch (error) {
    if (isNotFound(error) && !isGroupGone(error)) return undefined;
    throw error;
  }
}

function moreMayCome(): DaskFleetError {
  const message =
    "A create call for a part of the network got no answer. It may have succeeded, and Azure does not list the part yet.";
  return new DaskFleetError("PROVIDER_FAILED", message);
}
