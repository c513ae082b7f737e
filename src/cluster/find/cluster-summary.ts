import type { MachineState, Resource } from "../../provider/machine.ts";
import type { MachineRole } from "../../provider/role.ts";
import type { GroupSizes } from "../../provider/worker-group.ts";

/**
 * A listed cluster in a word:
 *
 * - `starting`: a launcher is making it; its scheduler's machine does not run yet.
 * - `running`: its scheduler's machine runs. A local cluster: its launcher lives.
 * - `unattended`: it runs, but no process on this computer looks after it: lost workers are not replaced.
 * - `closing`: its launcher is removing it.
 * - `expired`: its lifetime is over; `sweep()` removes it.
 * - `powered-off`: all its machines are off but exist; `sweep()` removes it.
 * - `left-over`: no machine runs; other resources or a record remain. `remove()` removes them.
 */
export type ListedState = "starting" | "running" | "unattended" | "closing" | "expired" | "powered-off" | "left-over";

/** A machine in the cloud's list. */
export interface ListedMachine {
  /** The provider's identifier. */
  readonly id: string;
  /** Its role in its tags. */
  readonly role: MachineRole | undefined;
  /** A worker's group; undefined for the scheduler. */
  readonly group: string | undefined;
  /** Its state by the cloud. */
  readonly state: MachineState | undefined;
  /** The cloud's name of its size; undefined where the list does not tell. */
  readonly instanceType: string | undefined;
  /** When it was created, by the cloud's clock. */
  readonly createdAt: Date | undefined;
}

/** A cluster with a record on this computer, or that its provider found by its tags. */
export interface ClusterSummary {
  /** The name that `attach()` and `remove()` take. */
  readonly name: string;
  /** Unique among clusters of that name; undefined for a cluster of an older version. Anyone who may tag can have written it. */
  readonly id: string | undefined;
  /** The provider's section in Dask's configuration, such as `ec2`. */
  readonly provider: string;
  /** The cluster in a word. */
  readonly state: ListedState;
  /** Whether a record on this computer describes it: only then can `attach()` find it. */
  readonly recorded: boolean;
  /** Its resources: machines, firewalls … Empty for local clusters. */
  readonly resources: readonly Resource[];
  /** The machines among its resources. Empty for local clusters. */
  readonly machines: readonly ListedMachine[];
  /** Worker machines wished for, by group. Undefined without a record on this computer. */
  readonly targets: GroupSizes | undefined;
  /** Whether all its machines have powered off but still exist. Most clouds charge for them; `sweep()` removes the cluster. */
  readonly poweredOff: boolean;
  /** When it expires (`maxLifetimeMs`); `sweep()` removes it then. */
  readonly expiresAt: Date | undefined;
  /** It ends after this time without work, in milliseconds. Undefined: never, or without a record on this computer. */
  readonly idleTimeoutMs: number | undefined;
  /** It ends after this time without a client, in milliseconds. Undefined: never, or without a record on this computer. */
  readonly noClientTimeoutMs: number | undefined;
  /** By its record, or else when the oldest of its machines was created. Undefined where neither tells. */
  readonly createdAt: Date | undefined;
  /** The process that holds its lease. Undefined without one, and without a record on this computer. */
  readonly launcher:
    | {
        /** Its process number on that computer. */
        readonly pid: number;
        /** The computer's host name. */
        readonly host: string;
      }
    | undefined;
}
