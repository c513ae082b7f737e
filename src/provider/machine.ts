import type { MachineRole } from "./role.ts";
import type { WorkerGroup } from "./worker-group.ts";

/**
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

/** One machine of a cluster, as its provider sees it. */
export interface Machine {
  /** The provider's own identifier. */
  readonly id: string;
  /** The name of its Dask node: the machine's own id or name, so that a worker and its machine are never two guesses. */
  readonly nodeName: string;
  /** What it is in the Dask cluster. */
  readonly role: MachineRole;
  /** The group of a worker, as its tags say it. Undefined: `default`. */
  readonly group?: string | undefined;
  /** As its provider sees it. */
  readonly state: MachineState;
  /** Address inside the cluster's network; known as soon as the create call has answered. */
  readonly privateAddress?: string | undefined;
  /** Address outside of it, where it has one. */
  readonly publicAddress?: string | undefined;
}

/** Anything else that carries the cluster's tag and is billed or named: an address, a disk, a firewall. */
export interface Resource {
  /** The provider's word for it, such as `security group`. */
  readonly kind: string;
  /** The provider's own identifier. */
  readonly id: string;
}

/** A resource, and the cluster that its tags name. Anybody who may tag in the account can have written them. */
export interface TaggedResource extends Resource {
  /** As its tags have it. */
  readonly clusterName: string;
  /** The cluster's id; undefined for what older versions have made. */
  readonly clusterId?: string | undefined;
  /** Of a machine. */
  readonly role?: MachineRole | undefined;
  /** Of a worker's machine that is of another group than `default`. */
  readonly group?: string | undefined;
  /** Of a machine: when it was made, by the cloud's clock. */
  readonly createdAt?: Date | undefined;
  /** When its tags say that the cluster's time is over. */
  readonly expiresAt?: Date | undefined;
  /** Of a machine: whether it has powered off. One that is being deleted says nothing. */
  readonly stopped?: boolean | undefined;
}

/** Machines that a provider is asked for. */
export interface MachineRequest {
  /** What they are to be in the Dask cluster. */
  readonly role: MachineRole;
  /** The group of the workers that are asked for; its options take the place of the cluster's. Undefined for the scheduler. */
  readonly group?: WorkerGroup | undefined;
  /** How many. */
  readonly count: number;
  /** What the cloud is given as user data, the same for all machines of the request. */
  readonly userData: Uint8Array;
  /** Idempotency token: the same request, sent again, has the same token. */
  readonly token: string;
  /** To be written on each in the create call: by these it is found again. */
  readonly tags: Readonly<Record<string, string>>;
  /** When the machines should be gone, for clouds that can see to it themselves. */
  readonly expiresAt?: Date | undefined;
}

/** An honest answer to a request for many machines. */
export interface CreatedMachines {
  /** Those that were made. */
  readonly machines: readonly Machine[];
  /** Why there are fewer machines than asked for. */
  readonly shortfall?: Error | undefined;
  /** Whether more machines may have been made than are told: a call failed without a word about its effect. */
  readonly uncertain?: boolean | undefined;
}

/** What differs between clouds, asked of the provider and never guessed from its name. */
export interface Capabilities {
  /** The most bytes of user data that a machine can be given. */
  readonly userDataLimitBytes: number;
  /** Whether the cloud's cloud-init takes gzip'd user data. */
  readonly userDataGzip: boolean;
  /** Where a machine reads its own node name. */
  readonly nodeNameFrom: "instance-id" | "hostname";
  /** How long to wait between two looks at the machines, in milliseconds. */
  readonly pollIntervalMs: number;
  /** How long a machine that was just made may be missing from the provider's list, in milliseconds. */
  readonly listLagMs: number;
  /** Whether machines end with the process that made them, however that ends. Default: false. */
  readonly endsWithProcess?: boolean | undefined;
}
