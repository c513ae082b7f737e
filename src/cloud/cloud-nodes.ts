import { DEFAULT_DOCKER_IMAGE, type NodeExtras } from "../bootstrap/node-spec.ts";
import type { NodeQuestion, ProviderState } from "../provider/cloud-provider.ts";
import type { Capabilities } from "../provider/machine.ts";
import type { MachineRole } from "../provider/role.ts";
import { DEFAULT_GROUP, optionsFor, type WorkerGroup } from "../provider/worker-group.ts";
import type { ResolvedVmOptions } from "./cloud-options.ts";
import { kindsOf } from "./machines/kinds.ts";
import { type Addressing, IPV4_ONLY } from "./network/address-family.ts";

/** Which machines have NVIDIA GPUs. */
export interface FoundGpus {
  readonly scheduler?: boolean;
  /** By the name of the worker group. */
  readonly groups?: Readonly<Record<string, boolean>>;
}

/** What `prepare` finds out of a cluster's machines, and what is in its record. */
interface Learned {
  readonly gpu: FoundGpus;
  /** As records had it before there were groups: of all workers. */
  readonly gpuRoles: readonly MachineRole[];
  readonly addressing: Addressing;
}

/** GitHub's has no IPv6 address, Docker Hub's and the clouds' own have. */
const IPV4_REGISTRY = "ghcr.io/";

const NOTHING_LEARNED: Learned = { gpu: {}, gpuRoles: [], addressing: IPV4_ONLY };

/** The user data that clusters on every cloud share: from their options, and from what `prepare` discovers. */
export class CloudNodes implements ProviderState {
  readonly #options: ResolvedVmOptions;
  #learned = NOTHING_LEARNED;

  constructor(options: ResolvedVmOptions) {
    this.#options = options;
  }

  /** How the cloud is watched, for a provider's `capabilities`. */
  get watching(): Pick<Capabilities, "pollIntervalMs" | "listLagMs"> {
    const { pollIntervalMs, listLagMs } = this.#options;
    return { pollIntervalMs, listLagMs };
  }

  get addressing(): Addressing {
    return this.#learned.addressing;
  }

  /** What is learnt of some machines is added to what is known of others. */
  learn({ gpu, ...more }: Partial<Learned>): void {
    const known = this.#learned.gpu;
    const groups = { ...known.groups, ...gpu?.groups };
    this.#learned = { ...this.#learned, ...more, gpu: { ...known, ...gpu, groups } };
  }

  extras(role: MachineRole, { group }: NodeQuestion = {}): NodeExtras {
    const options = optionsFor(this.#options, group);
    const { runtime, python, dockerImage, dockerArgs, bootstrap, preBootstrap, extraBootstrap } = options;
    const { proxy, autoUpdates, autoShutdown } = options;
    const { addressing } = this.#learned;
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
      gpu: this.#hasGpu(role, group),
      ...(role === "scheduler" && hasIpv6 ? { host: "::" } : {}),
    };
  }

  /**
   * What may keep machines without IPv4 from coming up.
   *
   * @param hasNat64 whether their network leads to IPv4 addresses all the same
   * @param groups the cluster's worker groups, each with its image
   */
  warnings({
    hasNat64,
    groups = [],
  }: {
    readonly hasNat64: boolean;
    readonly groups?: readonly WorkerGroup[];
  }): readonly string[] {
    if (this.addressing.members === 4 || hasNat64) return [];
    const images = kindsOf(this.#options, groups)
      .filter(({ options }) => options.runtime === "docker")
      .map(({ options: { dockerImage = DEFAULT_DOCKER_IMAGE } }) => dockerImage)
      .filter((image) => image.startsWith(IPV4_REGISTRY));
    return [...new Set(images)].map(
      (image) =>
        `The machines have IPv6 addresses only, and the registry of ${image} has none: without NAT64 they cannot pull it. ` +
        `Set \`dockerImage\` to a registry with IPv6, such as Docker Hub.`,
    );
  }

  save(): Record<string, unknown> {
    return { ...this.#learned };
  }

  restore(saved: Readonly<Record<string, unknown>>): void {
    this.#learned = { ...NOTHING_LEARNED, ...saved };
  }

  #hasGpu(role: MachineRole, group: WorkerGroup | undefined): boolean {
    const { gpu, gpuRoles } = this.#learned;
    const found = role === "scheduler" ? gpu.scheduler : gpu.groups?.[group?.name ?? DEFAULT_GROUP];
    return found ?? gpuRoles.includes(role);
  }
}
