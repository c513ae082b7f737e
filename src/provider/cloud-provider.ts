import type { NodePorts } from "../bootstrap/node-spec.ts";
import type { NodeExtras } from "../cluster/cluster-spec.ts";
import type { Capabilities, CreatedMachines, Machine, MachineRequest, Resource, TaggedResource } from "./machine.ts";
import type { ClusterPlace } from "./place.ts";
import type { MachineRole } from "./role.ts";

/** What a provider's `prepare` has found or made. */
export interface Prepared {
  /** The scheduler's ports, where the provider had to choose others than the defaults. */
  readonly ports?: NodePorts | undefined;
  /** What may go wrong, each in a sentence. */
  readonly warnings?: readonly string[] | undefined;
}

/** What a provider's `place` is told. */
export interface PlaceQuestion {
  /** Whether to ask the cloud whose account it is, where it tells that; without, only what is known already is told. */
  readonly account: boolean;
}

/** What `prepare` is told. */
export interface PrepareRequest {
  /** For everything that is made: the tags of the cluster, less the role. */
  readonly tags: Readonly<Record<string, string>>;
  readonly expiresAt: Date | undefined;
}

/** A provider's verbs, as the parts of a cluster call them; `ClusterManager` says what each promises. */
export interface ClusterProvider {
  readonly providerName: string;
  readonly capabilities: Capabilities;
  place(how: PlaceQuestion, signal: AbortSignal): Promise<ClusterPlace | undefined>;
  removeAbandoned(signal: AbortSignal): Promise<void>;
  prepare(request: PrepareRequest, signal: AbortSignal): Promise<Prepared>;
  locate(scheduler: Machine, signal: AbortSignal): Promise<Machine>;
  create(request: MachineRequest, signal: AbortSignal): Promise<CreatedMachines>;
  list(signal: AbortSignal): Promise<readonly Machine[]>;
  destroy(machines: readonly Machine[], signal: AbortSignal): Promise<void>;
  console(machine: Machine, signal: AbortSignal): Promise<string>;
  release(signal: AbortSignal): Promise<void>;
  find(clusterName: string | undefined, signal: AbortSignal): Promise<readonly TaggedResource[]>;
  resources(signal: AbortSignal): Promise<readonly Resource[]>;
  nodeExtras(role: MachineRole, workers?: number): NodeExtras;
  recordState(): Record<string, unknown>;
}
