import type { NodeExtras } from "../../bootstrap/node-spec.ts";
import type { PlannedMachines, ProviderPlan } from "../../provider/plan.ts";
import type { MachineRole } from "../../provider/role.ts";
import type { Tags } from "../../provider/tags.ts";
import type { KeyDelivery } from "../../security/temporary/temporary-security.ts";
import type { WaitOptions } from "../handle-types.ts";

/** What runs Dask on a machine. */
export interface PlannedRuntime {
  /** `docker` runs {@link image}, `native` the Dask of the machine. */
  readonly kind: NonNullable<NodeExtras["runtime"]>;
  /** The container image; undefined with `native`. */
  readonly image: string | undefined;
}

/** Equal machines of a {@link ClusterPlan}. */
export interface PlannedNodes extends PlannedMachines {
  /** What runs Dask. */
  readonly runtime: PlannedRuntime;
  /** Whether they run workers besides the scheduler (`singleNode`). */
  readonly runsWorkers: boolean;
  /** Size of the user data, as sent, in bytes. Addresses and keys of a start change it by a few. */
  readonly userDataBytes: number;
}

/** How members of a cluster and its clients trust each other. */
export interface PlannedSecurity {
  /** `temporary` and `own` certificates mean mutual TLS; `none` is plain `tcp://`. */
  readonly certificates: "temporary" | "own" | "none";
  /** When the first certificate expires, if the cluster started now. Undefined without certificates. */
  readonly notAfter: Date | undefined;
  /** How machines come by temporary certificates: `join` leaves no key in user data. Undefined for others, and without any. */
  readonly delivery: KeyDelivery | undefined;
}

/** A secret that a start fetches from a store. */
export interface PlannedSecret {
  /** Where it is, such as `aws-sm:dask/key`. Never its value. */
  readonly reference: string;
  /** What it is for: `ca`, `cert`, `key`, the name of a variable, or a registry. */
  readonly uses: readonly string[];
}

/** What equal machines, or the launcher, fetch from stores of secrets. */
export interface PlannedSecrets {
  /** The machines' role; `launcher` for what this computer reads as a client. */
  readonly who: MachineRole | "launcher";
  /** The worker group; undefined for the others. */
  readonly group: string | undefined;
  /** The identity by which they fetch, in words such as `instance profile dask`. */
  readonly identity: string;
  /** What they fetch. */
  readonly secrets: readonly PlannedSecret[];
}

/** What ends a cluster. */
export interface PlannedEnds {
  /** Milliseconds without work; 0 or undefined: never. */
  readonly idleTimeoutMs: number | undefined;
  /** Milliseconds without a client, a launcher and work; 0 or undefined: never. */
  readonly noClientTimeoutMs: number | undefined;
  /** Milliseconds after the start; undefined: never. */
  readonly maxLifetimeMs: number | undefined;
  /** Whether the end of the program that starts it closes it, and a signal. */
  readonly closeOnExit: boolean;
  /** What machines do when the cluster ends by itself; a sentence. */
  readonly afterwards: string | undefined;
  /** What is charged for until when; a sentence. Undefined where nothing is. */
  readonly costs: string | undefined;
}

/** What `start()` would create. Plain data without secrets. */
export interface ClusterPlan extends Pick<ProviderPlan, "where" | "place" | "resources" | "access" | "calls"> {
  /** The cluster's name. */
  readonly name: string;
  /** Whether the name was drawn at random: another handle has another one. */
  readonly nameIsDrawn: boolean;
  /** The provider's name, such as `ec2`. */
  readonly provider: string;
  /** Whether read-only calls have resolved what only the cloud knows. */
  readonly looked: boolean;
  /** The scheduler's machine first, then a line for each worker group. */
  readonly machines: readonly PlannedNodes[];
  /** The cloud's limit of user data, in bytes. */
  readonly userDataLimitBytes: number;
  /** How traffic is encrypted. */
  readonly security: PlannedSecurity;
  /** Who fetches which secrets from stores. Empty without references. */
  readonly secrets: readonly PlannedSecrets[];
  /** What ends it, and what it costs until then. */
  readonly ends: PlannedEnds;
  /** The tags of everything, without a role. `expires` counts from now. */
  readonly tags: Tags;
}

/** Options of `plan()`. */
export interface PlanOptions extends WaitOptions {
  /** Whether read-only calls may resolve what only the cloud knows. Default: false, no call at all. */
  readonly look?: boolean | undefined;
}
