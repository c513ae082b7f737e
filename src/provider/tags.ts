import type { ClusterId, ClusterIdentity } from "./identity.ts";
import type { MachineState, TaggedResource } from "./machine.ts";
import { MACHINE_ROLES, type MachineRole } from "./role.ts";
import { DEFAULT_GROUP, GROUP_NAME } from "./worker-group.ts";

/** Tags or labels of a resource, by their keys. */
export type Tags = Readonly<Record<string, string>>;

/** Not `group`, which users write on machines for purposes of their own. */
const GROUP = "worker-group";

/** The keys of {@link clusterTags}: by these a cluster's things are found and removed again. */
export const OUR_TAGS: readonly string[] = ["creator", "cluster-name", "cluster-id", "role", GROUP, "expires"];

/**
 * What is written on everything that a cluster makes, so that it can be found and removed without any other record.
 *
 * @param group of workers. `default` is not written: older versions write no group, and mean that one.
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
    ...(role === undefined ? {} : { role }),
    ...(group === DEFAULT_GROUP ? {} : { [GROUP]: group }),
    ...(expiresAt === undefined ? {} : { expires: String(Math.floor(expiresAt.getTime() / 1000)) }),
  };
}

/** Whose a thing with such tags is, as they say it; undefined where it was not made by dask-fleet. */
export function ownerOf(tags: Tags | undefined): { readonly name: string; readonly id: ClusterId } | undefined {
  const name = tags?.["cluster-name"];
  if (tags?.["creator"] !== "dask-fleet" || name === undefined) return undefined;
  return { name, id: idIn(tags) };
}

/** Which clusters' things are looked for: those of one, of all of a name, or of all. */
export type Whose =
  | ClusterIdentity
  | {
      /** Whatever its id is. */
      readonly name: string;
    }
  | undefined;

/** Whether a thing with such tags is one of those. What carries another id than a cluster's is not, whatever its name is. */
export function isWhose(whose: Whose, tags: Tags | undefined): tags is Tags {
  const owner = ownerOf(tags);
  if (owner === undefined || whose === undefined) return owner !== undefined;
  return owner.name === whose.name && (!("ids" in whose) || whose.ids.includes(owner.id));
}

/** The group of a worker with such tags, for {@link Machine.group}; undefined for `default`, and for what can be no group's name. */
export function groupIn(tags: Tags | undefined): string | undefined {
  const group = tags?.[GROUP];
  return group === undefined || group === DEFAULT_GROUP || !GROUP_NAME.test(group) ? undefined : group;
}

/** A resource with such tags, as a provider has found it. */
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
}

/** A machine with such tags. */
export function taggedMachine(kind: string, { id, state, createdAt }: FoundMachine, tags: Tags): TaggedResource {
  const role = MACHINE_ROLES.find((each) => each === tags["role"]);
  return {
    ...taggedResource(kind, id, tags),
    role,
    group: groupIn(tags),
    createdAt,
    ...(state === "ending" ? {} : { stopped: state === "stopped" }),
  };
}

/** A time as a cloud, a tag or a record writes it; undefined where it is none. */
export function timeOf(text: string | null | undefined): Date | undefined {
  const date = new Date(text ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function idIn({ "cluster-id": id }: Tags): ClusterId {
  return id === "" ? undefined : id;
}
