import type { WorkerGroup } from "../worker-group.ts";

/** A store that machines fetch a secret from. */
export interface StoreQuestion {
  /** Whether the store is the cloud's own. `false`: HashiCorp's Vault, which only asks the cloud who a machine is. */
  readonly isOfCloud: boolean;
  /** The machines' worker group, whose options override the cluster's. Undefined for the scheduler. */
  readonly group: WorkerGroup | undefined;
}

/** Machines that a store may know. */
export interface KnownMachines {
  /** Who they are to the store, in words, such as `instance profile dask`. */
  readonly who: string;
}

/** Machines that are nobody to a store. */
export interface UnknownMachines {
  /** Why, and the option to set: `their machines have no instance profile. Set …`, without a full stop. */
  readonly lacks: string;
}

/** Who machines are to a store, as far as options tell. */
export type StoreIdentity = KnownMachines | UnknownMachines;
