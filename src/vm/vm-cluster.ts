import { ClusterManager } from "../cluster-manager.ts";
import type { NodeExtras } from "../cluster/blueprint.ts";
import type { Capabilities, Resource } from "../cluster/machine.ts";
import type { ClusterPlace } from "../cluster/place.ts";
import type { PlaceQuestion } from "../cluster/provider-verbs.ts";
import type { MachineRole } from "../role.ts";
import { launcherRange } from "./launcher-address.ts";
import type { ResolvedVmOptions } from "./vm-options.ts";

interface Remembered {
  /** Known after `prepare`. */
  readonly gpuRoles: readonly MachineRole[];
}

/** What clusters on machines of a cloud have in common, whichever cloud it is. */
export abstract class VmCluster extends ClusterManager {
  /** What the cluster's record remembers, for another process. */
  protected remembered: Remembered = { gpuRoles: [] };
  /** Set before the first call that makes something. */
  protected hasMade = false;
  readonly #vm: ResolvedVmOptions;

  protected constructor(options: ResolvedVmOptions) {
    super(options);
    this.#vm = options;
  }

  protected abstract override place(how: PlaceQuestion, signal: AbortSignal): Promise<ClusterPlace>;

  protected override get hasMadeSomething(): boolean {
    return this.hasMade;
  }

  /** How the cloud is watched, for a provider's `capabilities`. */
  protected get watching(): Pick<Capabilities, "pollIntervalMs" | "listLagMs"> {
    const { pollIntervalMs, listLagMs } = this.#vm;
    return { pollIntervalMs, listLagMs };
  }

  protected override nodeExtras(role: MachineRole): NodeExtras {
    const { runtime, python, dockerImage, dockerArgs, bootstrap, extraBootstrap, autoShutdown } = this.#vm;
    return {
      runtime,
      python,
      dockerImage,
      dockerArgs,
      bootstrap,
      extraBootstrap,
      autoShutdown,
      gpu: this.remembered.gpuRoles.includes(role),
    };
  }

  /**
   * Who may reach the scheduler's port and the dashboard's gate, in CIDR notation.
   *
   * @param insideRanges the network's own addresses, asked for when there is no public address
   */
  protected async ingressCidrs(
    insideRanges: () => Promise<readonly string[]>,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const { allowedCidrs, publicIp, addressService } = this.#vm;
    if (allowedCidrs !== undefined) return allowedCidrs;
    return publicIp ? [await launcherRange(addressService, signal)] : await insideRanges();
  }

  protected override recordState(): Record<string, unknown> {
    return { ...this.remembered };
  }

  protected override restoreState(state: Readonly<Record<string, unknown>>): void {
    this.remembered = { gpuRoles: [], ...state };
  }

  protected override async listResources(signal: AbortSignal): Promise<readonly Resource[]> {
    return await this.findTagged(this.name, signal);
  }
}
