import { DEFAULT_DOCKER_IMAGE, type NodeExtras } from "../bootstrap/node-spec.ts";
import type { NodeQuestion, ProviderState } from "../provider/cloud-provider.ts";
import type { Capabilities } from "../provider/machine.ts";
import type { MachineRole } from "../provider/role.ts";
import { optionsFor } from "../provider/worker-group.ts";
import type { ResolvedVmOptions } from "./cloud-options.ts";
import { type Addressing, IPV4_ONLY } from "./network/address-family.ts";

/** What `prepare` finds out of a cluster's machines, and what is in its record. */
interface Learned {
  readonly gpuRoles: readonly MachineRole[];
  readonly addressing: Addressing;
}

/** GitHub's has no IPv6 address, Docker Hub's and the clouds' own have. */
const IPV4_REGISTRY = "ghcr.io/";

const NOTHING_LEARNED: Learned = { gpuRoles: [], addressing: IPV4_ONLY };

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

  learn(more: Partial<Learned>): void {
    this.#learned = { ...this.#learned, ...more };
  }

  extras(role: MachineRole, { group }: NodeQuestion = {}): NodeExtras {
    const options = optionsFor(this.#options, group);
    const { runtime, python, dockerImage, dockerArgs, bootstrap, preBootstrap, extraBootstrap } = options;
    const { proxy, autoUpdates, autoShutdown } = options;
    const { gpuRoles, addressing } = this.#learned;
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
   * What may keep machines without IPv4 from coming up.
   *
   * @param hasNat64 whether their network leads to IPv4 addresses all the same
   */
  warnings({ hasNat64 }: { readonly hasNat64: boolean }): readonly string[] {
    const { runtime, dockerImage = DEFAULT_DOCKER_IMAGE } = this.#options;
    const { members } = this.addressing;
    if (members === 4 || hasNat64 || runtime !== "docker" || !dockerImage.startsWith(IPV4_REGISTRY)) return [];
    return [
      `The machines have IPv6 addresses only, and the registry of ${dockerImage} has none: without NAT64 they cannot pull it. ` +
        `Set \`dockerImage\` to a registry with IPv6, such as Docker Hub.`,
    ];
  }

  save(): Record<string, unknown> {
    return { ...this.#learned };
  }

  restore(saved: Readonly<Record<string, unknown>>): void {
    this.#learned = { ...NOTHING_LEARNED, ...saved };
  }
}
