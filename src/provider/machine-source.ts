import type { NodeExtras } from "../cluster/cluster-spec.ts";
import { asResources } from "../cluster/end/tear-down.ts";
import { DaskFleetError } from "../errors.ts";
import { nodeProblem } from "../node-version.ts";
import type { PlaceQuestion, Prepared, PrepareRequest, ClusterProvider } from "./cloud-provider.ts";
import type { ClusterIdentity } from "./identity.ts";
import type { Capabilities, CreatedMachines, Machine, MachineRequest, Resource, TaggedResource } from "./machine.ts";
import type { ClusterPlace } from "./place.ts";
import type { MachineRole } from "./role.ts";

/** What a provider supplies: where machines come from, and where they go. Their life together is ClusterManager's. */
export abstract class MachineSource {
  /** @throws DaskFleetError `CONFIG_INVALID` on a Node.js that is too old */
  constructor() {
    const problem = nodeProblem();
    if (problem !== undefined) throw new DaskFleetError("CONFIG_INVALID", problem);
  }

  /** The provider's section in Dask's configuration, such as `local` or `ec2`. */
  protected abstract get providerName(): string;
  protected abstract get capabilities(): Capabilities;
  /** Whose things these are: what carries another id is another cluster's, and is neither listed nor touched. */
  protected abstract get identity(): ClusterIdentity;

  /**
   * Where the cluster is, as options, environment and SDK say it; for the cluster's record, so that it is found again from
   * anywhere. Undefined: it is on this computer, and what is not found is gone.
   */
  protected async place(_how: PlaceQuestion, _signal: AbortSignal): Promise<ClusterPlace | undefined> {
    return undefined;
  }

  /** Removes what clusters of processes that are gone have left, where a provider can know that; before each start. */
  protected async removeAbandoned(_signal: AbortSignal): Promise<void> {}

  /** What can be looked up or made before machines: image, network, firewall. Concurrent and idempotent. */
  protected abstract prepare(request: PrepareRequest, signal: AbortSignal): Promise<Prepared>;
  /** Makes machines in bulk, tagged in the create call. Resolves with the honest result, also when it is a partial one. */
  protected abstract create(request: MachineRequest, signal: AbortSignal): Promise<CreatedMachines>;
  /**
   * The scheduler's machine with the address by which clients reach it, where the create call's answer does not have it yet:
   * workers need only the private one, and are made meanwhile.
   */
  protected async locate(scheduler: Machine, _signal: AbortSignal): Promise<Machine> {
    return scheduler;
  }

  /** Every machine with this cluster's tags ({@link identity}), in any state that can cost money. */
  protected abstract list(signal: AbortSignal): Promise<readonly Machine[]>;
  /**
   * Resolves when deletion was accepted; a machine that is gone already is a success. What is still listed is asked for again, and
   * after a refusal in several calls at a time, for one machine that cannot be deleted is not to keep the others.
   */
  protected abstract destroy(machines: readonly Machine[], signal: AbortSignal): Promise<void>;

  /**
   * Removes what {@link prepare} made, in dependency order, found by its tags ({@link identity}). What is gone already is a success; while
   * something is in use it throws, and is called again until the close's time is up.
   */
  protected async release(_signal: AbortSignal): Promise<void> {}

  /** Every billed or named thing that clusters of this provider have made, of all or of one name, whatever their ids, found by its tags alone. */
  protected async find(_clusterName: string | undefined, _signal: AbortSignal): Promise<readonly TaggedResource[]> {
    return [];
  }

  /** Every billed or named thing that still carries this cluster's tag, for the last look of a close. */
  protected async resources(signal: AbortSignal): Promise<readonly Resource[]> {
    return asResources(await this.list(signal));
  }

  /** What this process has made besides machines and not removed: firewalls … Asks nobody, and is asked at any time. */
  protected get ownThings(): readonly Resource[] {
    return [];
  }

  /** The console output of a machine, or an empty text where the cloud has none. */
  protected async console(_machine: Machine, _signal: AbortSignal): Promise<string> {
    return "";
  }

  /**
   * What the provider adds to what a machine is told.
   *
   * @param _workers worker machines that there are to be, at the most; undefined where no worker is made
   */
  protected nodeExtras(_role: MachineRole, _workers?: number): NodeExtras {
    return {};
  }

  /** What the provider wants to find again in the cluster's record. Plain data, no secrets. */
  protected recordState(): Record<string, unknown> {
    return {};
  }

  protected restoreState(_state: Readonly<Record<string, unknown>>): void {}

  /**
   * Whether a call that makes something was sent. A start that fails before leaves nothing to take down, and often could not
   * even ask: it has no credentials.
   */
  protected get hasMadeSomething(): boolean {
    return true;
  }

  /** Closes the connections to the provider; it is called when nothing else follows. */
  protected async disconnect(): Promise<void> {}

  /** More environment for `run()`. */
  protected runEnvironment(): Record<string, string> {
    return {};
  }

  /** The verbs, for the parts of a cluster that call them. */
  protected providerVerbs(): ClusterProvider {
    return {
      providerName: this.providerName,
      capabilities: this.capabilities,
      place: (how, signal) => this.place(how, signal),
      removeAbandoned: (signal) => this.removeAbandoned(signal),
      prepare: (request, signal) => this.prepare(request, signal),
      create: (request, signal) => this.create(request, signal),
      locate: (scheduler, signal) => this.locate(scheduler, signal),
      list: (signal) => this.list(signal),
      destroy: (machines, signal) => this.destroy(machines, signal),
      release: (signal) => this.release(signal),
      find: (clusterName, signal) => this.find(clusterName, signal),
      resources: (signal) => this.resources(signal),
      console: (machine, signal) => this.console(machine, signal),
      nodeExtras: (role, workers) => this.nodeExtras(role, workers),
      recordState: () => this.recordState(),
    };
  }
}
