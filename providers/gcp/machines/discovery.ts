import type { Reach } from "../../../src/cloud/network/address-family.ts";
import type { ClusterNetwork } from "../../../src/cloud/network/ingress.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import type { ComputeApi } from "../api/client.ts";
import { findNetwork, type Network, rangesOf, reachOf } from "../network/network.ts";
import { optionsOf, type ResolvedGcpOptions } from "../options/resolved-options.ts";
import { type Image, imageNamed, ubuntuImage } from "./image.ts";
import { type Architecture, describeTypes, type MachineType } from "./machine-types.ts";

/** What a role's machines are made of. */
export interface RoleDiscovery {
  readonly machineType: string;
  /** The zones that have the type, in the order of the options. */
  readonly zones: readonly string[];
  readonly image: Image;
  /** GPUs to attach; not those that the type comes with. */
  readonly gpus: { readonly type: string; readonly count: number } | undefined;
  /** Whether its machines have GPUs, attached or not. */
  readonly hasGpu: boolean;
}

/** What exists before the cluster: all that its machines are asked for with. */
export interface Discovery {
  readonly network: Network;
  /** How clients can reach a scheduler in it. */
  readonly reach: Reach;
  readonly roles: Readonly<Record<MachineRole, RoleDiscovery>>;
}

/** Looks everything up at the same time and creates nothing: a mistake in the options leaves nothing behind. */
export async function discover(api: ComputeApi, options: ResolvedGcpOptions, signal: AbortSignal): Promise<Discovery> {
  const [network, roles] = await Promise.all([findNetwork(api, options, signal), discoverRoles(api, options, signal)]);
  return { network, reach: reachOf(network, options), roles };
}

/** What is known of the network, once it is found. */
export function networkOf(
  api: ComputeApi,
  found: Promise<Discovery>,
  { zones }: Pick<ResolvedGcpOptions, "zones">,
  signal: AbortSignal,
): () => Promise<ClusterNetwork> {
  return async () => {
    const { network, reach } = await found;
    return { reach, ranges: async () => await rangesOf(api, network, zones, signal) };
  };
}

async function discoverRoles(
  api: ComputeApi,
  options: ResolvedGcpOptions,
  signal: AbortSignal,
): Promise<Discovery["roles"]> {
  const { sourceImage, zones } = options;
  const names = [...new Set([options.schedulerInstanceType, options.workerInstanceType])];
  const [types, given] = await Promise.all([
    describeTypes(api, names, zones, signal),
    sourceImage === undefined ? undefined : imageNamed(api, sourceImage, signal),
  ]);
  const ubuntu = new Map<string, Promise<Image>>();
  const newestUbuntu = async (architecture: Architecture): Promise<Image> => {
    const asked = ubuntu.get(architecture) ?? ubuntuImage(api, architecture, signal);
    ubuntu.set(architecture, asked);
    return await asked;
  };
  const discoverRole = async (role: MachineRole): Promise<RoleDiscovery> => {
    const { machineType, nGpus, gpuType } = optionsOf(role, options);
    const type = types.get(machineType);
    if (type === undefined) throw invalid(`The machine type ${machineType} does not exist in ${zones.join(", ")}.`);
    const image = given ?? (await newestUbuntu(type.architecture));
    assertFits(image, type, options);
    const gpus = nGpus > 0 && gpuType !== undefined ? { type: gpuType, count: nGpus } : undefined;
    const hasGpu = type.gpu || gpus !== undefined;
    if (hasGpu && options.onHostMaintenance === "MIGRATE") {
      throw invalid(
        `Machines with GPUs cannot be migrated: \`onHostMaintenance\` must be "TERMINATE" with ${machineType}.`,
      );
    }
    return { machineType, zones: zones.filter((zone) => type.zones.has(zone)), image, gpus, hasGpu };
  };
  const [scheduler, worker] = await Promise.all([discoverRole("scheduler"), discoverRole("worker")]);
  return { scheduler, worker };
}

function assertFits(image: Image, { name, architecture }: MachineType, { diskSize }: ResolvedGcpOptions): void {
  if (image.architecture !== architecture) {
    throw invalid(
      `The image ${image.link} is for ${image.architecture}, but the machine type ${name} is ${architecture}.`,
    );
  }
  if (diskSize < image.minimumSize) {
    throw invalid(
      `Expected the \`diskSize\` option to be at least ${image.minimumSize}, the size of the image ${image.link}, got \`${diskSize}\` (number)`,
    );
  }
}
