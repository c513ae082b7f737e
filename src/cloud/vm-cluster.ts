import { DEFAULT_DOCKER_IMAGE } from "../bootstrap/node-spec.ts";
import { ClusterManager } from "../cluster/cluster-manager.ts";
import type { NodeExtras } from "../cluster/cluster-spec.ts";
import type { PlaceQuestion } from "../provider/cloud-provider.ts";
import type { Capabilities, Resource } from "../provider/machine.ts";
import type { ClusterPlace } from "../provider/place.ts";
import type { MachineRole } from "../provider/role.ts";
import type { ResolvedVmOptions } from "./cloud-options.ts";
import {
  type Addressing,
  type AddressFamily,
  clientFamily,
  familyOf,
  IPV4_ONLY,
  type Reach,
} from "./network/address-family.ts";
import { assertIpv6Way, launcherRangeFor } from "./network/launcher-reach.ts";

interface Remembered {
  /** Known after `prepare`. */
  readonly gpuRoles: readonly MachineRole[];
  /** Likewise. */
  readonly addressing: Addressing;
}

/** The network that machines will be in. */
export interface Surroundings {
  readonly reach: Reach;
  /** The network's own addresses, asked for when there is no public address. */
  readonly ranges: () => Promise<readonly string[]>;
}

/** Who may reach the scheduler's port and the dashboard's gate. */
export interface Ingress {
  /** In CIDR notation. */
  readonly cidrs: readonly string[];
  /** By which kind of address they reach it. */
  readonly clients: AddressFamily;
}

/** GitHub's has no IPv6 address, Docker Hub's and the clouds' own have. */
const IPV4_REGISTRY = "ghcr.io/";

const NOTHING_KNOWN: Remembered = { gpuRoles: [], addressing: IPV4_ONLY };

/** What clusters on machines of a cloud have in common, whichever cloud it is. */
export abstract class VmCluster extends ClusterManager {
  /** What the cluster's record remembers, for another process. */
  protected remembered: Remembered = NOTHING_KNOWN;
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
    const { runtime, python, dockerImage, dockerArgs, bootstrap, preBootstrap, extraBootstrap } = this.#vm;
    const { proxy, autoUpdates, autoShutdown } = this.#vm;
    const { gpuRoles, addressing } = this.remembered;
    const hasIpv6 = addressing.members === 6 || addressing.clients === 6;
    return {
      runtime,
      python,
      dockerImage,
      dockerArgs,
      bootstrap,
      preBootstrap,
      extraBootstrap,
      autoUpdates,
      proxy,
      autoShutdown,
      gpu: gpuRoles.includes(role),
      ...(role === "scheduler" && hasIpv6 ? { host: "::" } : {}),
    };
  }

  /**
   * Who may reach the scheduler, and how.
   *
   * @param network what was found; this computer's own address is asked for meanwhile
   * @param makesFirewall whether the cluster has a firewall of its own; without one nobody needs to know this computer's address
   * @throws DaskFleetError `CONFIG_INVALID` where nobody who is admitted, or not this computer, could reach it
   */
  protected async ingress(
    network: () => Promise<Surroundings>,
    { makesFirewall }: { readonly makesFirewall: boolean },
    signal: AbortSignal,
  ): Promise<Ingress> {
    const { allowedCidrs, publicIp, addressService } = this.#vm;
    if (makesFirewall && allowedCidrs === undefined && publicIp) {
      const cidr = await launcherRangeFor(addressService, async () => (await network()).reach, signal);
      return { cidrs: [cidr], clients: familyOf(cidr) };
    }
    const { reach, ranges } = await network();
    const cidrs = allowedCidrs ?? (makesFirewall ? await ranges() : []);
    const [usual = 4] = reach.families;
    const clients = cidrs.length === 0 ? usual : clientFamily(cidrs, reach);
    if (clients === 6) await assertIpv6Way(reach);
    return { cidrs, clients };
  }

  /**
   * What may keep machines without IPv4 from coming up.
   *
   * @param hasNat64 whether their network leads to IPv4 addresses all the same
   */
  protected warningsOf({ members }: Addressing, { hasNat64 }: { readonly hasNat64: boolean }): readonly string[] {
    const { runtime, dockerImage = DEFAULT_DOCKER_IMAGE } = this.#vm;
    if (members === 4 || hasNat64 || runtime !== "docker" || !dockerImage.startsWith(IPV4_REGISTRY)) return [];
    return [
      `The machines have IPv6 addresses only, and the registry of ${dockerImage} has none: without NAT64 they cannot pull it. ` +
        `Set \`dockerImage\` to a registry with IPv6, such as Docker Hub.`,
    ];
  }

  protected override recordState(): Record<string, unknown> {
    return { ...this.remembered };
  }

  protected override restoreState(state: Readonly<Record<string, unknown>>): void {
    this.remembered = { ...NOTHING_KNOWN, ...state };
  }

  protected override async resources(signal: AbortSignal): Promise<readonly Resource[]> {
    const { ids } = this.identity;
    return (await this.find(this.name, signal)).filter(({ clusterId }) => ids.includes(clusterId));
  }
}
