import { ownFile } from "../../../src/files/own-file.ts";
import type { Observation } from "../../../src/provider/checkup.ts";
import type { ComputeApi } from "../api/client.ts";
import { projectOf } from "../network/network.ts";
import { accountOf } from "../options/identity.ts";
import { allKinds } from "../options/kinds.ts";
import type { ResolvedGcpOptions } from "../options/resolved-options.ts";

const FIREWALL = [
  "compute.firewalls.create",
  "compute.firewalls.delete",
  "compute.firewalls.get",
  "compute.globalOperations.get",
  "compute.networks.updatePolicy",
];
const MACHINES = [
  "compute.disks.create",
  "compute.disks.delete",
  "compute.disks.list",
  "compute.disks.setLabels",
  "compute.instances.create",
  "compute.instances.delete",
  "compute.instances.get",
  "compute.instances.getSerialPortOutput",
  "compute.instances.list",
  "compute.instances.setLabels",
  "compute.instances.setMetadata",
  "compute.instances.setTags",
  "compute.machineTypes.get",
  "compute.zoneOperations.get",
  "compute.zoneOperations.list",
];
const OWN_IMAGES = ["compute.images.get", "compute.images.useReadOnly"];
const NETWORK = [
  "compute.firewalls.list",
  "compute.networks.get",
  "compute.subnetworks.get",
  "compute.subnetworks.use",
];
const PUBLIC_ADDRESSES = "compute.subnetworks.useExternalIp";

const RESOURCE_MANAGER = "https://cloudresourcemanager.googleapis.com";
/** What may be granted on a subnet alone, as is usual in a Shared VPC. */
const OF_SUBNETS = /^compute\.subnetworks\./;

interface Needs extends Pick<ResolvedGcpOptions, "createFirewall" | "publicIp" | "workerPublicIp"> {
  /** Whether any machine has a service account. */
  readonly hasAccount: boolean;
  /** Whether options name an image. */
  readonly hasImage: boolean;
}

/** What the documented role has, by where it must be granted: in the project of the machines, and in that of their network. */
export function neededPermissions({ createFirewall, publicIp, workerPublicIp, hasAccount, hasImage }: Needs): {
  readonly project: readonly string[];
  readonly network: readonly string[];
} {
  return {
    project: [
      ...MACHINES,
      ...(hasImage ? OWN_IMAGES : []),
      ...(hasAccount ? ["compute.instances.setServiceAccount"] : []),
    ],
    network: [
      ...NETWORK,
      ...(publicIp || workerPublicIp ? [PUBLIC_ADDRESSES] : []),
      ...(createFirewall ? FIREWALL : []),
    ],
  };
}

export async function permissions(
  api: ComputeApi,
  options: ResolvedGcpOptions,
  signal: AbortSignal,
): Promise<Observation> {
  const kinds = allKinds(options);
  const needed = neededPermissions({
    ...options,
    hasAccount: kinds.some((kind) => accountOf(kind.options) !== undefined),
    hasImage: kinds.some((kind) => kind.options.sourceImage !== undefined),
  });
  const network = projectOf(api, options);
  const asked =
    network === api.project
      ? [[api.project, [...needed.project, ...needed.network]] as const]
      : [[api.project, needed.project] as const, [network, needed.network] as const];
  const answers = await Promise.all(
    asked.map(async ([project, wanted]) => ({ project, missing: await missingOf(api, project, wanted, signal) })),
  );
  const lacking = answers.filter(({ missing }) => missing.length > 0);
  const count = asked.reduce((sum, [, wanted]) => sum + wanted.length, 0);
  if (lacking.length === 0) return { state: "good", found: `all ${count} that a cluster needs` };
  const isElsewhere = lacking.every(({ missing }) => missing.every((each) => OF_SUBNETS.test(each)));
  const words = lacking.map(({ project, missing }) => `missing in ${project}: ${missing.join(", ")}`);
  return {
    state: isElsewhere ? "unknown" : "bad",
    found: words.join("; "),
    remedy:
      `Grant the role in ${ownFile("docs/providers/gcp.md")} in the project.` +
      (isElsewhere ? " If it is granted on the subnet itself, nothing is missing." : ""),
  };
}

async function missingOf(
  api: ComputeApi,
  project: string,
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const url = new URL(
    `/v1/projects/${encodeURIComponent(project)}:testIamPermissions`,
    api.endpoint ?? RESOURCE_MANAGER,
  );
  const answer = await api.ask("projects.testIamPermissions", { url: url.href, data: { permissions: wanted } }, signal);
  const { permissions: held = [] } = (answer ?? {}) as { readonly permissions?: readonly string[] };
  return wanted.filter((each) => !held.includes(each));
}
