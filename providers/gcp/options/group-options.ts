import { groupTypes } from "../../../src/cloud/cloud-schema.ts";
import { contradiction, isGiven } from "../../../src/options/overlapping.ts";
import { defaultType, takesGpus } from "./default-type.ts";
import { type GivenIdentity, groupIdentity, type Identity } from "./identity.ts";

/** What a group says itself, beside what groups of all clouds have. */
interface Given extends GivenIdentity {
  readonly instanceType?: string | readonly string[] | undefined;
  readonly zone?: string | undefined;
  readonly zones?: readonly string[] | undefined;
  readonly nGpus?: number | "" | undefined;
  readonly gpuType?: string | undefined;
  readonly onHostMaintenance?: string | undefined;
}

/** The cluster's resolved options that decide a group's. */
interface Cluster extends Identity {
  readonly workerInstanceType: string;
  readonly workerNGpus: number;
  readonly workerGpuType: string | undefined;
}

/**
 * A group's options by the cluster's names of them, and what follows from several.
 *
 * @throws DaskFleetError `CONFIG_INVALID` where they contradict each other
 */
export function groupOptions(
  { instanceType, zone, zones, nGpus, gpuType, onHostMaintenance, serviceAccount, instanceScopes, ...own }: Given,
  { name, cluster }: { readonly name: string; readonly cluster: Cluster },
): Readonly<Record<string, unknown>> {
  const place = `workers.${name}.`;
  const gpus = { workerNGpus: present(nGpus), workerGpuType: present(gpuType) };
  return {
    ...own,
    ...gpus,
    ...groupTypes(instanceType ?? typeForGpus(gpus, cluster, place)),
    zones: zonesOf({ zone, zones }, place),
    onHostMaintenance: onHostMaintenance?.toUpperCase(),
    ...groupIdentity({ serviceAccount, instanceScopes }, cluster),
  };
}

/** The type for GPUs of the group's own, where the cluster's type cannot have them. */
function typeForGpus(
  {
    workerNGpus,
    workerGpuType,
  }: { readonly workerNGpus: number | undefined; readonly workerGpuType: string | undefined },
  cluster: Cluster,
  place: string,
): string | undefined {
  if (workerNGpus === undefined && workerGpuType === undefined) return undefined;
  const gpus = { nGpus: workerNGpus ?? cluster.workerNGpus, gpuType: workerGpuType ?? cluster.workerGpuType };
  return takesGpus(cluster.workerInstanceType, gpus) ? undefined : defaultType(gpus, place);
}

function zonesOf({ zone, zones }: Given, place: string): readonly string[] | undefined {
  if (zone !== undefined && zones !== undefined && zones[0] !== zone) {
    throw contradiction(`${place}zone`, zone, `${place}zones`, zones);
  }
  const given = zones ?? (zone === undefined ? undefined : [zone]);
  return given && [...new Set(given)];
}

/** Without `""`, which dask-cloudprovider's own configuration has where there is nothing. */
function present<Value>(value: Value): Exclude<Value, ""> | undefined {
  return isGiven(value) ? (value as Exclude<Value, "">) : undefined;
}
