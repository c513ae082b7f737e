import { publicAddresses, type RoleTypes, roleTypes } from "../../../src/cloud/cloud-schema.ts";
import { contradiction, mostImportant } from "../../../src/options/overlapping.ts";
import { type ResolvedOptions, resolveOptions } from "../../../src/options/resolve.ts";
import { type GroupsOption, groupsOption } from "../../../src/provider/groups/groups-option.ts";
import type { KeyFile } from "../api/credentials.ts";
import { assertOptions } from "./assert-options.ts";
import { defaultType } from "./default-type.ts";
import { groupOptions } from "./group-options.ts";
import { type Identity, identityOf } from "./identity.ts";
import type { GCPClusterOptions } from "./options.ts";
import { schema } from "./schema.ts";

type Checked = ResolvedOptions<typeof schema>;

/** Options that follow from several. */
interface Decided extends RoleTypes, Identity {
  readonly zones: readonly string[];
  readonly onHostMaintenance: string | undefined;
  readonly schedulerNGpus: number;
  readonly workerNGpus: number;
  readonly schedulerGpuType: string | undefined;
  readonly workerGpuType: string | undefined;
}

/** What others have decided, or what is not for the cluster's record. */
type LeftOut = "zone" | "instanceType" | "nGpus" | "gpuType" | "serviceAccountCredentials";

/** {@link GCPClusterOptions}, checked and with their defaults. Given again, they make the same cluster again. */
export type ResolvedGcpOptions = Omit<Checked["values"], keyof Decided | LeftOut> & Decided & GroupsOption;

/** The credentials are apart: what is resolved goes into the cluster's record. */
export interface GcpOptions {
  readonly options: ResolvedGcpOptions;
  readonly credentials: KeyFile | undefined;
}

export function resolveGcpOptions(section: string, given: GCPClusterOptions): GcpOptions {
  const checked = resolveOptions(schema, { section, options: given });
  const { zone: _zone, instanceType: _both, nGpus: _n, gpuType: _type, ...rest } = checked.values;
  const { serviceAccountCredentials: credentials, ...values } = rest;
  const gpus = gpusOf(checked);
  const { schedulerInstanceType, workerInstanceType } = roleTypes(checked);
  const cluster = {
    ...values,
    ...publicAddresses(values),
    ...identityOf(values),
    ...gpus,
    zones: zonesOf(checked),
    onHostMaintenance: values.onHostMaintenance?.toUpperCase(),
    schedulerInstanceType:
      schedulerInstanceType ?? defaultType({ nGpus: gpus.schedulerNGpus, gpuType: gpus.schedulerGpuType }),
    workerInstanceType: workerInstanceType ?? defaultType({ nGpus: gpus.workerNGpus, gpuType: gpus.workerGpuType }),
  };
  const options = { ...cluster, ...groupsOption(checked, (own, name) => groupOptions(own, { name, cluster })) };
  assertOptions(options);
  return { options, credentials };
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
