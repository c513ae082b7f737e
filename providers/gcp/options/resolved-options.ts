import { publicAddresses, type RoleTypes, roleTypes } from "../../../src/cloud/cloud-schema.ts";
import { assertOverride } from "../../../src/cloud/raw-override.ts";
import { invalid } from "../../../src/options/invalid.ts";
import { contradiction, mostImportant } from "../../../src/options/overlapping.ts";
import { type ResolvedOptions, resolveOptions } from "../../../src/options/resolve.ts";
import { MACHINE_ROLES, type MachineRole } from "../../../src/provider/role.ts";
import type { KeyFile } from "../api/credentials.ts";
import { parseLink } from "../api/links.ts";
import { assertUserMetadata } from "../machines/metadata.ts";
import { assertFitForNodes } from "../machines/public-images.ts";
import { assertUserLabels } from "../tags/tags.ts";
import { defaultType } from "./default-type.ts";
import type { GCPClusterOptions } from "./options.ts";
import { INSTANCE_PROPERTIES_OVERRIDE } from "./override.ts";
import { schema } from "./schema.ts";

type Checked = ResolvedOptions<typeof schema>;

/** What a role's machines are. */
export interface RoleOptions {
  readonly machineType: string;
  readonly nGpus: number;
  readonly gpuType: string | undefined;
}

/** Options that follow from several. */
interface Decided extends RoleTypes {
  readonly zones: readonly string[];
  readonly onHostMaintenance: string | undefined;
  readonly serviceAccount: string | undefined;
  readonly instanceScopes: readonly string[];
  readonly schedulerNGpus: number;
  readonly workerNGpus: number;
  readonly schedulerGpuType: string | undefined;
  readonly workerGpuType: string | undefined;
}

/** What others have decided, or what is not for the cluster's record. */
type LeftOut = "zone" | "instanceType" | "nGpus" | "gpuType" | "serviceAccountCredentials";

/** {@link GCPClusterOptions}, checked and with their defaults. Given again, they make the same cluster again. */
export type ResolvedGcpOptions = Omit<Checked["values"], keyof Decided | LeftOut> & Decided;

/** The credentials are apart: what is resolved goes into the cluster's record. */
export interface GcpOptions {
  readonly options: ResolvedGcpOptions;
  readonly credentials: KeyFile | undefined;
}

export const STORAGE_READER = "https://www.googleapis.com/auth/devstorage.read_only";

export function resolveGcpOptions(section: string, given: GCPClusterOptions): GcpOptions {
  const checked = resolveOptions(schema, { section, options: given });
  const { zone: _zone, instanceType: _both, nGpus: _n, gpuType: _type, ...rest } = checked.values;
  const { serviceAccountCredentials: credentials, ...values } = rest;
  const gpus = gpusOf(checked);
  const { schedulerInstanceType, workerInstanceType } = roleTypes(checked);
  const options: ResolvedGcpOptions = {
    ...values,
    ...publicAddresses(values),
    ...identityOf(values),
    ...gpus,
    zones: zonesOf(checked),
    onHostMaintenance: values.onHostMaintenance?.toUpperCase(),
    schedulerInstanceType: schedulerInstanceType ?? defaultType(gpus.schedulerNGpus, gpus.schedulerGpuType),
    workerInstanceType: workerInstanceType ?? defaultType(gpus.workerNGpus, gpus.workerGpuType),
  };
  assertUserLabels(options);
  assertUserMetadata("instanceMetadata", options.instanceMetadata);
  assertOverride(INSTANCE_PROPERTIES_OVERRIDE, options.instanceProperties);
  assertFitForNodes("sourceImage", parseLink(options.sourceImage ?? "")?.project ?? "");
  assertGpus(options);
  assertEndpoint(options.endpoint);
  return { options, credentials };
}

export function optionsOf(role: MachineRole, options: ResolvedGcpOptions): RoleOptions {
  return role === "scheduler"
    ? { machineType: options.schedulerInstanceType, nGpus: options.schedulerNGpus, gpuType: options.schedulerGpuType }
    : { machineType: options.workerInstanceType, nGpus: options.workerNGpus, gpuType: options.workerGpuType };
}

function zonesOf(checked: Checked): readonly string[] {
  const { values, sources } = checked;
  const { zone, zones } = values;
  if (zones !== undefined && sources.zone.kind === sources.zones.kind && zones[0] !== zone) {
    throw contradiction("zone", zone, "zones", zones);
  }
  const chosen = mostImportant(checked, "zones", "zone") ?? zone;
  return typeof chosen === "string" ? [chosen] : [...new Set(chosen)];
}

function gpusOf(
  checked: Checked,
): Pick<Decided, "schedulerNGpus" | "workerNGpus" | "schedulerGpuType" | "workerGpuType"> {
  return {
    schedulerNGpus: mostImportant(checked, "schedulerNGpus", "nGpus") ?? 0,
    workerNGpus: mostImportant(checked, "workerNGpus", "nGpus") ?? 0,
    schedulerGpuType: mostImportant(checked, "schedulerGpuType", "gpuType"),
    workerGpuType: mostImportant(checked, "workerGpuType", "gpuType"),
  };
}

/** No service account unless one is asked for, and then with as little as is of use. */
function identityOf({
  serviceAccount,
  instanceScopes,
}: Pick<Checked["values"], "serviceAccount" | "instanceScopes">): Pick<Decided, "serviceAccount" | "instanceScopes"> {
  if (instanceScopes?.length === 0) return { serviceAccount: undefined, instanceScopes };
  const account = serviceAccount ?? (instanceScopes === undefined ? undefined : "default");
  return { serviceAccount: account, instanceScopes: instanceScopes ?? (account === undefined ? [] : [STORAGE_READER]) };
}

function assertGpus(options: ResolvedGcpOptions): void {
  for (const role of MACHINE_ROLES) {
    const { nGpus, gpuType } = optionsOf(role, options);
    if (nGpus > 0 && gpuType === undefined) {
      throw invalid(
        `The ${role} is to have ${nGpus} GPU${nGpus === 1 ? "" : "s"}, but of which type? Set \`gpuType\` or \`${role}GpuType\`, such as "nvidia-tesla-t4", or take a machine type that comes with GPUs, such as "g2-standard-4", and leave the number out.`,
      );
    }
    if (nGpus > 0 && options.onHostMaintenance === "MIGRATE") {
      throw invalid(
        `Machines with GPUs cannot be migrated: \`onHostMaintenance\` must be "TERMINATE" with \`${role}NGpus\`.`,
      );
    }
  }
}

function assertEndpoint(endpoint: string | undefined): void {
  if (endpoint === undefined || new URL(endpoint).pathname === "/") return;
  throw invalid(
    `The \`endpoint\` option must have no path: Google's SDK knows a host and a port only, got \`"${endpoint}"\`.`,
  );
}
