import type { ClusterId, ClusterIdentity } from "./identity.ts";
import type { MachineState, TaggedResource } from "./machine.ts";
import { MACHINE_ROLES, type MachineRole } from "./role.ts";
import { DEFAULT_GROUP, GROUP_NAME } from "./worker-group.ts";

/** Tags or labels of a resource, by their keys. */
export type Tags = Readonly<Record<string, string>>;

/** Not `group`, a tag that users choose for their own purposes. */
const GROUP = "worker-group";

/** The keys of {@link clusterTags}, by which a cluster's resources are found and removed. */
export const OUR_TAGS: readonly string[] = ["creator", "cluster-name", "cluster-id", "role", GROUP, "expires"];

/**
 * The tags of a cluster's resources, by which they are found and removed without any record.
 *
 * @param group the worker group. `default` is not written, as older versions write no group.
 */
export function clusterTags(
  { name, id }: { readonly name: string; readonly id: ClusterId },
  role: MachineRole | undefined,
  expiresAt: Date | undefined,
  group: string = DEFAULT_GROUP,
): Record<string, string> {
  return {
    creator: "dask-fleet",
    "cluster-name": name,
    ...(id === undefined ? {} : { "cluster-id": id }),
    ...(role === undefined ? {} : machineTags({}, role, group)),
    ...(expiresAt === undefined ? {} : { expires: String(Math.floor(expiresAt.getTime() / 1000)) }),
  };
}

/** The tags of a cluster's machines, from those of the cluster. */
export function machineTags(tags: Tags, role: MachineRole, group: string = DEFAULT_GROUP): Record<string, string> {
  return { ...tags, role, ...(group === DEFAULT_GROUP ? {} : { [GROUP]: group }) };
}

/** The owner of a resource by its tags; undefined if dask-fleet did not create it. */
export function ownerOf(tags: Tags | undefined): { readonly name: string; readonly id: ClusterId } | undefined {
  const name = tags?.["cluster-name"];
  if (tags?.["creator"] !== "dask-fleet" || name === undefined) return undefined;
  return { name, id: idIn(tags) };
}

/** The owners of a search: one cluster, all clusters of a name, or all. */
export type Whose =
  | ClusterIdentity
  | {
      /** Any id. */
      readonly name: string;
    }
  | undefined;

/** Whether tags name one of those owners. Another id than the cluster's never matches, even with its name. */
export function isWhose(whose: Whose, tags: Tags | undefined): tags is Tags {
  const owner = ownerOf(tags);
  if (owner === undefined || whose === undefined) return owner !== undefined;
  return owner.name === whose.name && (!("ids" in whose) || whose.ids.includes(owner.id));
}

/** The worker group in tags, for {@link Machine.group}; undefined for `default` and for impossible names. */
export function groupIn(tags: Tags | undefined): string | undefined {
  const group = tags?.[GROUP];
  return group === undefined || group === DEFAULT_GROUP || !GROUP_NAME.test(group) ? undefined : group;
}

/** A found resource, read from its tags. */
export function taggedResource(kind: string, id: string, tags: Tags): TaggedResource {
  const expires = tags["expires"] ?? "";
  return {
    kind,
    id,
    clusterName: tags["cluster-name"] ?? "",
    clusterId: idIn(tags),
    expiresAt: /^\d{1,12}$/.test(expires) ? new Date(Number(expires) * 1000) : undefined,
  };
}

/** A machine as its cloud lists it, for {@link taggedMachine}. */
export interface FoundMachine {
  /** The provider's own identifier. */
  readonly id: string;
  /** As the cloud tells it. */
  readonly state: MachineState;
  /** When it was made, by the cloud's clock; undefined where the cloud does not tell. */
  readonly createdAt: Date | undefined;
  /** The cloud's name of its size, such as `m7i.large`. Undefined: the list does not tell. */
  readonly instanceType?: string | undefined;
}

/**
 * A found machine, read from its tags.
 *
 * @param kind the provider's word for it, such as `instance`
 * @param machine as the cloud lists it
 * @param tags as the cloud lists them
 */
export function taggedMachine(
  kind: string,
  { id, state, createdAt, instanceType }: FoundMachine,
  tags: Tags,
): TaggedResource {
  const role = MACHINE_ROLES.find((each) => each === tags["role"]);
  return {
    ...taggedResource(kind, id, tags),
    role,
    group: groupIn(tags),
    createdAt,
    state,
    instanceType,
    ...(state === "ending" ? {} : { stopped: state === "stopped" }),
  };
}

/** Parses a time of a cloud, a tag or a record; undefined for other texts. */
export function timeOf(text: string | null | undefined): Date | undefined {
  const date = new Date(text ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function idIn({ "cluster-id": id }: Tags): ClusterId {
  return id === "" ? undefined : id;
}
