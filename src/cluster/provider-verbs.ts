import type { NodePorts } from "../machine/node-spec.ts";
import type { MachineRole } from "../role.ts";
import type { NodeExtras } from "./blueprint.ts";
import type { Capabilities, MachineProvider, Resource } from "./machine.ts";

/** What a provider's `prepare` has found or made. */
export interface Prepared {
  /** The scheduler's ports, where the provider had to choose others than the defaults. */
  readonly ports?: NodePorts | undefined;
}

/** A provider's verbs, as the parts of a cluster call them; `ClusterManager` says what each promises. */
export interface ProviderVerbs extends MachineProvider {
  readonly providerName: string;
  readonly capabilities: Capabilities;
  removeAbandoned(signal: AbortSignal): Promise<void>;
  prepare(signal: AbortSignal): Promise<Prepared>;
  releaseNetwork(signal: AbortSignal): Promise<void>;
  listResources(signal: AbortSignal): Promise<readonly Resource[]>;
  nodeExtras(role: MachineRole): NodeExtras;
  recordState(): Record<string, unknown>;
}
