import type { GCPClusterOptions } from "../../../providers/gcp/index.ts";
import type { Image } from "../../../providers/gcp/machines/image.ts";
import { type MachineInput } from "../../../providers/gcp/machines/instance-properties.ts";
import type { KindDiscovery } from "../../../providers/gcp/machines/kinds.ts";
import type { Network } from "../../../providers/gcp/network/network.ts";
import { type ResolvedGcpOptions, resolveGcpOptions } from "../../../providers/gcp/options/resolved-options.ts";
import { clusterTags } from "../../../src/provider/tags.ts";

export function resolved(options: object = {}): ResolvedGcpOptions {
  return resolveGcpOptions("gcp", options).options;
}

export const ID = "0123456789abcdef";
const IMAGE: Image = {
  link: "projects/ubuntu-os-cloud/global/images/ubuntu-2604-resolute-amd64-v20261117",
  architecture: "X86_64",
  minimumSize: 10,
  uefi: true,
};

const NETWORK: Network = {
  project: "dask-project",
  link: "projects/dask-project/global/networks/default",
  subnetworks: {},
  stacks: {},
};

/** What is looked up of the machines. */
interface Found extends Pick<KindDiscovery, "gpus" | "hasGpu"> {
  readonly machineType: string;
  readonly image: Image;
}

const FOUND: Found = { machineType: "e2-standard-2", image: IMAGE, gpus: undefined, hasGpu: false };

interface Wish {
  readonly role?: "scheduler" | "worker";
  readonly options?: GCPClusterOptions;
  readonly found?: Partial<Found>;
  readonly network?: Network;
  readonly spot?: boolean;
  readonly clusterName?: string;
  readonly expiresAt?: Date;
  readonly now?: number;
  readonly userData?: Uint8Array;
}

/** What a machine is made from. */
export function machineInput({
  role = "worker",
  options = {},
  found = {},
  network = NETWORK,
  spot = false,
  clusterName = "dask-1a2b3c4d",
  expiresAt,
  now = 0,
  userData = Buffer.from("#cloud-config\n{}\n"),
}: Wish = {}): MachineInput {
  const { machineType, image, ...kind } = { ...FOUND, ...found };
  return {
    clusterName,
    request: { role, userData, tags: clusterTags({ name: clusterName, id: ID }, role, expiresAt) },
    candidate: { zone: "us-east1-c", machineType, image, capacityType: spot ? "spot" : "on-demand" },
    kind,
    network,
    options: resolved(options),
    clients: 4,
    now,
  };
}
