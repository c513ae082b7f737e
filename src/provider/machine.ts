import type { IdentitySource } from "../security/node-tls.ts";
import type { IdentityCloud } from "../security/references/identity-cloud.ts";
import type { MachineRole } from "./role.ts";
import type { WorkerGroup } from "./worker-group.ts";

/**
 * What a machine does, as its cloud tells it.
 *
 * - `pending`: asked for, not running yet.
 * - `running`: the cloud says that it runs.
 * - `stopped`: stopped, stopping or failed. Dask does not run on it any more, but it can still cost money.
 * - `ending`: its deletion was accepted. It can still cost money, and hold on to a disk or a firewall.
 */
export type MachineState = "pending" | "running" | "stopped" | "ending";

/** Whether Dask can run on it, now or soon. */
export function isAlive({ state }: Pick<Machine, "state">): boolean {
  return state === "pending" || state === "running";
}

/** One machine of a cluster, from its provider. */
export interface Machine {
  /** The provider's identifier. */
  readonly id: string;
  /** The name of its Dask node: the machine's id or name, which matches a worker to its machine. */
  readonly nodeName: string;
  /** Its role in the Dask cluster. */
  readonly role: MachineRole;
  /** The worker group in its tags. Undefined: `default`. */
  readonly group?: string | undefined;
  /** Its state by the provider. */
  readonly state: MachineState;
  /** Address inside the cluster's network; known once the create call returns. */
  readonly privateAddress?: string | undefined;
  /** Public address, if any. */
  readonly publicAddress?: string | undefined;
}

/** A billed or named resource with the cluster's tags: a machine, an address, a disk, a firewall. */
export interface Resource {
  /** The provider's word for it, such as `security group`. */
  readonly kind: string;
  /** The provider's own identifier. */
  readonly id: string;
}

/** A resource and the cluster in its tags. Anyone who may tag in the account can have written them. */
export interface TaggedResource extends Resource {
  /** From its tags. */
  readonly clusterName: string;
  /** The cluster's id; undefined for resources of older versions. */
  readonly clusterId?: string | undefined;
  /** The role of a machine. */
  readonly role?: MachineRole | undefined;
  /** The worker group of a machine, unless it is `default`. */
  readonly group?: string | undefined;
  /** When a machine was created, by the cloud's clock. */
  readonly createdAt?: Date | undefined;
  /** When the cluster expires, from its tags. */
  readonly expiresAt?: Date | undefined;
  /** A machine's state, as the cloud tells it. */
  readonly state?: MachineState | undefined;
  /** The cloud's name of a machine's size, such as `m7i.large`; undefined where its list does not tell. */
  readonly instanceType?: string | undefined;
  /** Whether a machine has powered off; undefined while it is being deleted. */
  readonly stopped?: boolean | undefined;
}

/** A request for machines. */
export interface MachineRequest {
  /** Their role in the Dask cluster. */
  readonly role: MachineRole;
  /** The worker group, whose options override the cluster's. Undefined for the scheduler. */
  readonly group?: WorkerGroup | undefined;
  /** The number of machines. */
  readonly count: number;
  /** The user data, the same for all machines of the request. */
  readonly userData: Uint8Array;
  /** Idempotency token: a repeated request has the same token. */
  readonly token: string;
  /** Tags for the create call: they identify the machines later. */
  readonly tags: Readonly<Record<string, string>>;
  /** When the machines expire, for clouds that can delete them then. */
  readonly expiresAt?: Date | undefined;
}

/** The result of a request for machines, which may be partial. */
export interface CreatedMachines {
  /** The created machines. */
  readonly machines: readonly Machine[];
  /** Why there are fewer machines than requested. */
  readonly shortfall?: Error | undefined;
  /** Whether more machines may exist than are returned: a call failed without saying whether it had an effect. */
  readonly uncertain?: boolean | undefined;
}

/** The differences between clouds that the core depends on. */
export interface Capabilities {
  /** The limit of user data, in bytes. */
  readonly userDataLimitBytes: number;
  /** Whether the cloud's cloud-init takes gzip'd user data. */
  readonly userDataGzip: boolean;
  /** Where a machine reads its node name. */
  readonly nodeNameFrom: "instance-id" | "hostname";
  /** The time between two lists of machines, in milliseconds. */
  readonly pollIntervalMs: number;
  /** How long a new machine may be missing from the provider's list, in milliseconds. */
  readonly listLagMs: number;
  /** Whether machines end with the process that created them, in any case. Default: false. */
  readonly endsWithProcess?: boolean | undefined;
  /** Whose metadata service tells a spot machine that it is taken back. Undefined: nobody's. */
  readonly spotNotice?: "ec2" | "gcp" | "azure" | undefined;
  /** How machines come by temporary certificates unless the `security` option says. Default: `user-data`. */
  readonly keyDelivery?: "join" | "user-data" | undefined;
  /** Who signs a document about a machine, which {@link CloudProvider.verifyIdentity} verifies. Default: nobody. */
  readonly identity?: IdentitySource | undefined;
  /**
   * The cloud whose stores of secrets can know the machines; `nobody`: no store can. Undefined: not known beforehand, as of machines
   * that are processes of this computer.
   */
  readonly knownTo?: IdentityCloud | "nobody" | undefined;
  /** Whether {@link CloudProvider.list} tells the private addresses of machines that have one. Default: true. */
  readonly addressesListed?: boolean | undefined;
}
