import type { NodeExtras, NodePorts } from "../bootstrap/node-spec.ts";
import type { ClusterIdentity } from "./identity.ts";
import type { Capabilities, CreatedMachines, Machine, MachineRequest, Resource, TaggedResource } from "./machine.ts";
import type { ClusterPlace } from "./place.ts";
import type { MachineRole } from "./role.ts";
import type { WorkerGroup } from "./worker-group.ts";

/** What `prepare` has found or made. */
export interface Prepared {
  /** The scheduler's ports, where the provider had to choose others than the defaults. */
  readonly ports?: NodePorts | undefined;
  /** What may go wrong, each in a sentence. */
  readonly warnings?: readonly string[] | undefined;
}

/** What `place` is asked. */
export interface PlaceQuestion {
  /** Whether to ask the cloud whose account it is, where it tells that; without, only what is known already is told. */
  readonly account: boolean;
}

/** What `prepare` is told. */
export interface PrepareRequest {
  /** For everything that is made: the tags of the cluster, less the role. */
  readonly tags: Readonly<Record<string, string>>;
  /** The groups of workers that machines will be asked for: what their options need can be looked up. */
  readonly groups: readonly WorkerGroup[];
  /** When the cluster ends by itself; undefined where it does not. */
  readonly expiresAt: Date | undefined;
}

/** For which machines a provider's `nodeExtras` are. */
export interface NodeQuestion {
  /** Worker machines that there are to be, at the most; undefined where no worker is made. */
  readonly workers?: number | undefined;
  /** The group of a worker's machine: its options replace the cluster's. Undefined: as the cluster's options say. */
  readonly group?: WorkerGroup | undefined;
}

/** What another process must know of a cluster to go on with it. It is kept in the cluster's record. */
export interface ProviderState {
  /** Plain data, no secrets. */
  save(): Record<string, unknown>;
  /** Takes in what {@link save} gave, in this version or an older one. */
  restore(saved: Readonly<Record<string, unknown>>): void;
}

/** What a provider gives to the commands of `run()`. */
export interface CommandEnvironment {
  /** More environment variables. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
  /** What is started instead of a program of that name, with its first arguments. */
  readonly programs?: Readonly<Record<string, readonly [program: string, ...args: string[]]>> | undefined;
}

/**
 * Where machines come from, and where they go: all that a cloud must be able to do. What becomes of the machines is ClusterManager's.
 *
 * One object serves one cluster at a time, or a search for clusters. Whose things a verb is about is told with each call: what carries
 * another id than `cluster` has is another cluster's, and is neither listed nor touched. Each promise rejects soon after its signal is
 * aborted, and where the cloud refuses
 * with a DaskFleetError whose `meaning` says what that means.
 *
 * Members with a question mark are for providers that need them.
 */
export interface CloudProvider {
  /** What differs between clouds. It does not change. */
  readonly capabilities: Capabilities;
  /** What another process must know of the cluster. */
  readonly state: ProviderState;

  /** Looks up or makes what machines need: image, network, firewall. Idempotent. */
  prepare(cluster: ClusterIdentity, request: PrepareRequest, signal: AbortSignal): Promise<Prepared>;
  /**
   * Makes machines in bulk, tagged in the create call. Resolves with the honest result, also when it is a partial one; rejects where
   * nothing was made. Another process may have prepared the cluster.
   */
  create(cluster: ClusterIdentity, request: MachineRequest, signal: AbortSignal): Promise<CreatedMachines>;
  /** Every machine of the cluster, in any state that can cost money. */
  list(cluster: ClusterIdentity, signal: AbortSignal): Promise<readonly Machine[]>;
  /**
   * Resolves when deletion was accepted; a machine that is gone already is a success. What is still listed is asked for again, and
   * after a refusal in several calls at a time, for one machine that cannot be deleted is not to keep the others.
   */
  destroy(cluster: ClusterIdentity, machines: readonly Machine[], signal: AbortSignal): Promise<void>;
  /**
   * Removes what {@link prepare} made, in dependency order, found by its tags. What is gone already is a success; while something is in
   * use it throws, and is called again until the close's time is up.
   */
  release(cluster: ClusterIdentity, signal: AbortSignal): Promise<void>;
  /** Every billed or named thing that clusters have made, of one name or of all, whatever their ids, found by its tags alone. */
  find(clusterName: string | undefined, signal: AbortSignal): Promise<readonly TaggedResource[]>;
  /** The end of a machine's console output; an empty text where the cloud has none. */
  console(machine: Machine, signal: AbortSignal): Promise<string>;

  /**
   * Where the cluster is, as options, environment and SDK say it; for the cluster's record, so that it is found again from anywhere.
   * Without: it is on this computer, and what is not found is gone.
   */
  place?(question: PlaceQuestion, signal: AbortSignal): Promise<ClusterPlace | undefined>;
  /**
   * The scheduler's machine with the address by which clients reach it, where the answer of {@link create} does not have it yet:
   * workers need only the private one, and are made meanwhile. Without: it has it.
   */
  locate?(scheduler: Machine, signal: AbortSignal): Promise<Machine>;
  /** Every thing that still carries the cluster's tags, for the last look of a close. Without: what {@link find} finds of it. */
  resources?(cluster: ClusterIdentity, signal: AbortSignal): Promise<readonly Resource[]>;
  /** What this process has made besides machines and not removed: firewalls … Asks nobody, and is asked at any time. Without: nothing. */
  ownThings?(): readonly Resource[];
  /**
   * Whether a call that makes something was sent. A start that fails before leaves nothing to take down, and often could not even
   * ask: it has no credentials. Without: it may have been.
   */
  hasMade?(): boolean;
  /** What a machine is told besides what the cluster's options say. Without: nothing. */
  nodeExtras?(role: MachineRole, question?: NodeQuestion): NodeExtras;
  /** What the commands of `run()` find besides the way to the scheduler. Asked once the cluster runs. Without: nothing. */
  environment?(cluster: ClusterIdentity): Promise<CommandEnvironment>;
  /**
   * Removes what a cluster has left whose process is gone, before the next start; told whether nothing of it is left. Asked only where
   * machines end with their process.
   */
  removeAbandoned?(cluster: ClusterIdentity, signal: AbortSignal): Promise<boolean>;
  /** Closes the connections to the provider. A later call opens them again. */
  disconnect?(): Promise<void>;
}
