import type { NodeExtras, NodePorts } from "../bootstrap/node-spec.ts";
import type { Check } from "./checkup.ts";
import type { ClusterIdentity } from "./identity.ts";
import type { Capabilities, CreatedMachines, Machine, MachineRequest, Resource, TaggedResource } from "./machine.ts";
import type { ClusterPlace } from "./place.ts";
import type { PlanRequest, ProviderPlan } from "./plan.ts";
import type { MachineRole } from "./role.ts";
import type { StoreIdentity, StoreQuestion } from "./secrets/store-identity.ts";
import type { WorkerGroup } from "./worker-group.ts";

/** The result of `prepare`. */
export interface Prepared {
  /** The scheduler's ports, if the provider chose others than the defaults. */
  readonly ports?: NodePorts | undefined;
  /** Warnings, a sentence each. */
  readonly warnings?: readonly string[] | undefined;
}

/** Options of `place`. */
export interface PlaceQuestion {
  /** Whether to ask the cloud for the account's id. Without it, the answer holds only what is known already. */
  readonly account: boolean;
}

/** Parameters of `prepare`. */
export interface PrepareRequest {
  /** The cluster's tags without the role, for all resources. */
  readonly tags: Readonly<Record<string, string>>;
  /** The worker groups that later requests name, so that resources for their options can be looked up. */
  readonly groups: readonly WorkerGroup[];
  /** When the cluster expires; undefined if never. */
  readonly expiresAt: Date | undefined;
}

/** Options of `list`. */
export interface ListOptions {
  /**
   * Machines that run and are well may be left out, where that makes the call cheaper. What is returned is authoritative for the
   * machines it names, and says nothing about absent ones. Default: false, a full list.
   */
  readonly notRunning?: boolean | undefined;
}

/** The machines of a `nodeExtras` call. */
export interface NodeQuestion {
  /** The most worker machines of the cluster; undefined when no worker is created. */
  readonly workers?: number | undefined;
  /** The worker group, whose options override the cluster's. Undefined: the cluster's options. */
  readonly group?: WorkerGroup | undefined;
}

/** The provider's state of a cluster, for other processes. The cluster's record holds it. */
export interface ProviderState {
  /** Plain data, no secrets. */
  save(): Record<string, unknown>;
  /** Takes in the result of {@link save}, of this version or an older one. */
  restore(saved: Readonly<Record<string, unknown>>): void;
}

/** What a machine presents to prove which machine it is. */
export interface IdentityProof {
  /** As its metadata service gave it. Foreign text. */
  readonly document: string;
  /** The SHA-256 of its public key (SubjectPublicKeyInfo), hexadecimal. */
  readonly key256: string;
}

/** A provider's additions to the commands of `run()`. */
export interface CommandEnvironment {
  /** More environment variables. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
  /** Programs by name, each with its replacement and first arguments. */
  readonly programs?: Readonly<Record<string, readonly [program: string, ...args: string[]]>> | undefined;
}

/**
 * The contract of a cloud: it creates, lists and destroys machines. ClusterManager decides which.
 *
 * One object serves one cluster at a time, or a search for clusters. Each call names its cluster: resources with another id than
 * `cluster` are neither listed nor touched. Each promise rejects soon after its signal is aborted, and with a DaskFleetError when the
 * cloud refuses; its `meaning` classifies the refusal.
 *
 * Members with a question mark are optional.
 */
export interface CloudProvider {
  /** The cloud's capabilities. They do not change. */
  readonly capabilities: Capabilities;
  /** The state of the cluster for other processes. */
  readonly state: ProviderState;

  /** Looks up or creates the image, network and firewall of the machines. Idempotent. */
  prepare(cluster: ClusterIdentity, request: PrepareRequest, signal: AbortSignal): Promise<Prepared>;
  /**
   * Creates machines in bulk, tagged at creation. Resolves with the actual result, even a partial one; rejects when nothing was created.
   * Another process may have prepared the cluster.
   */
  create(cluster: ClusterIdentity, request: MachineRequest, signal: AbortSignal): Promise<CreatedMachines>;
  /** Every machine of the cluster, in any state that can cost money; with `notRunning`, at least those that do not run. */
  list(cluster: ClusterIdentity, signal: AbortSignal, options?: ListOptions): Promise<readonly Machine[]>;
  /**
   * Resolves when deletion was accepted; a machine that is gone already is a success. The caller repeats it for machines still listed,
   * and splits it into several calls after a refusal, so that one undeletable machine does not keep the others.
   */
  destroy(cluster: ClusterIdentity, machines: readonly Machine[], signal: AbortSignal): Promise<void>;
  /**
   * Removes the resources of {@link prepare} in dependency order, by their tags. A resource that is gone already is a success. Throws
   * while a resource is in use; the caller retries until the close's time is up.
   */
  release(cluster: ClusterIdentity, signal: AbortSignal): Promise<void>;
  /** Every billed or named resource of clusters with one name or of all clusters, with any id, found by its tags alone. */
  find(clusterName: string | undefined, signal: AbortSignal): Promise<readonly TaggedResource[]>;
  /** The end of a machine's console output; empty if the cloud has none. */
  console(machine: Machine, signal: AbortSignal): Promise<string>;

  /**
   * Where the cluster is, by options, environment and SDK. The record holds it, so that the cluster can be found again. Without this
   * member the cluster is on this computer, and resources that are not found are gone.
   */
  place?(question: PlaceQuestion, signal: AbortSignal): Promise<ClusterPlace | undefined>;
  /**
   * What a start would create. Follows from the options alone and needs neither credentials nor network, unless `request.look` asks for
   * read-only calls. Never creates anything. Default: the machines by number.
   */
  plan?(cluster: ClusterIdentity, request: PlanRequest, signal: AbortSignal): Promise<ProviderPlan>;
  /**
   * The scheduler's machine with its address for clients, if {@link create} does not return it. Workers need only the private address
   * and are created meanwhile. Without this member {@link create} returns both.
   */
  locate?(scheduler: Machine, signal: AbortSignal): Promise<Machine>;
  /** Every resource that still has the cluster's tags, for the last check of a close. Default: by {@link find}. */
  resources?(cluster: ClusterIdentity, signal: AbortSignal): Promise<readonly Resource[]>;
  /** Resources other than machines that this process created and has not removed: firewalls … Makes no call. Default: none. */
  ownThings?(): readonly Resource[];
  /**
   * Whether a call that creates resources was sent. A start that fails earlier needs no rollback, and often has no credentials for one.
   * Default: true.
   */
  hasMade?(): boolean;
  /** Additions to a machine's user data. Default: none. */
  nodeExtras?(role: MachineRole, question?: NodeQuestion): NodeExtras;
  /**
   * Who machines are to the stores of secrets that {@link Capabilities.knownTo} names, as far as the options tell. A start refuses what
   * certainly fails. Makes no call. Default: not known.
   */
  storeIdentity?(question: StoreQuestion): StoreIdentity;
  /** Additions to the commands of `run()`. Asked once the cluster runs. Default: none. */
  environment?(cluster: ClusterIdentity): Promise<CommandEnvironment>;
  /**
   * Whether a document that a machine has presented is signed by the cloud and about this machine, and, where the cloud binds it, made
   * for this key. Resolves with undefined, or with why not, in words. Rejects where the cloud's certificates or keys cannot be had right
   * now: then the machine may ask again. Asked where {@link Capabilities.identity} is set.
   *
   * @param warn receives a sentence, once, about what is accepted unverified. Default: none
   */
  verifyIdentity?(
    machine: Machine,
    proof: IdentityProof,
    signal: AbortSignal,
    warn?: (warning: string) => void,
  ): Promise<string | undefined>;
  /**
   * Removes the leftovers of an abandoned cluster, before the next start. Resolves with whether none remain. Asked only if machines end
   * with their process.
   */
  removeAbandoned?(cluster: ClusterIdentity, signal: AbortSignal): Promise<boolean>;
  /**
   * What it looks at before a cluster is started: credentials, permissions, quotas … Nothing is created, nothing costs. Asked of a
   * provider that serves no cluster. Default: nothing.
   */
  checks?(): Promise<readonly Check[]>;
  /** Closes the connections to the cloud. A later call opens them again. */
  disconnect?(): Promise<void>;
}
