import type { NodePorts } from "../machine/node-spec.ts";
import type { MachineRole } from "../role.ts";
import type { NodeExtras } from "./blueprint.ts";
import type { Capabilities, Machine, MachineProvider, Resource, TaggedResource } from "./machine.ts";

/** What a provider's `prepare` has found or made. */
export interface Prepared {
  /** The scheduler's ports, where the provider had to choose others than the defaults. */
  readonly ports?: NodePorts | undefined;
}

/** What `prepare` is told. */
export interface PrepareRequest {
  /** For everything that is made: the tags of the cluster, less the role. */
  readonly tags: Readonly<Record<string, string>>;
  readonly expiresAt: Date | undefined;
}

/** A provider's verbs, as the parts of a cluster call them; `ClusterManager` says what each promises. */
export interface ProviderVerbs extends MachineProvider {
  readonly providerName: string;
  readonly capabilities: Capabilities;
  removeAbandoned(signal: AbortSignal): Promise<void>;
  prepare(request: PrepareRequest, signal: AbortSignal): Promise<Prepared>;
  locate(scheduler: Machine, signal: AbortSignal): Promise<Machine>;
  releaseNetwork(signal: AbortSignal): Promise<void>;
  findTagged(clusterName: string | undefined, signal: AbortSignal): Promise<readonly TaggedResource[]>;
  listResources(signal: AbortSignal): Promise<readonly Resource[]>;
  nodeExtras(role: MachineRole): NodeExtras;
  recordState(): Record<string, unknown>;
}
