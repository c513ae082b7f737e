import { notFound } from "../api-error.ts";
import { ACCELERATOR_TYPES, type AcceleratorType, acceleratorTypesIn } from "../catalog/accelerators.ts";
import { type MachineType, machineTypeIn, machineTypesIn } from "../catalog/machine-types.ts";
import { REGIONS, regionOf, ZONES, zonesOf } from "../catalog/zones.ts";
import { selfLink } from "../links.ts";
import type { QuotaMetric } from "../options.ts";
import type { Account } from "../state/account.ts";
import { numberOf } from "../state/identity.ts";
import { PROJECT_METRICS, REGION_METRICS, usageOf } from "../state/quota.ts";
import { given, listing, type Methods } from "./method.ts";

const UNLIMITED = 1_000_000;

/** What there is to choose from. */
export const catalogMethods: Methods = {
  "projects.get": (account, call) => {
    const name = given(call, "project");
    return {
      kind: "compute#project",
      id: numberOf(name),
      name,
      defaultServiceAccount: `${numberOf(name)}-compute@developer.gserviceaccount.com`,
      defaultNetworkTier: "PREMIUM",
      vmDnsSetting: "ZONAL_ONLY",
      quotas: [
        { metric: "CPUS_ALL_REGIONS", limit: UNLIMITED, usage: 0 },
        ...PROJECT_METRICS.map((metric) => quotaJson(account, undefined, metric)),
      ],
      selfLink: selfLink(`projects/${name}`),
    };
  },
  "zones.get": (_account, call) => {
    const [project, zone] = [given(call, "project"), given(call, "zone")];
    if (!ZONES.includes(zone)) throw notFound(`projects/${project}/zones/${zone}`);
    return zoneJson(project, zone);
  },
  "zones.list": listing("Zone", (_account, call) =>
    ZONES.map((name) => ({ place: "global", name, json: zoneJson(given(call, "project"), name) })),
  ),
  "regions.get": (account, call) => {
    const [project, region] = [given(call, "project"), given(call, "region")];
    if (!REGIONS.includes(region)) throw notFound(`projects/${project}/regions/${region}`);
    return regionJson(account, project, region);
  },
  "regions.list": listing("Region", (account, call) =>
    REGIONS.map((name) => ({ place: "global", name, json: regionJson(account, given(call, "project"), name) })),
  ),
  "machineTypes.get": (_account, call) => {
    const [project, zone, name] = [given(call, "project"), given(call, "zone"), given(call, "machineType")];
    const found = machineTypeIn(zone, name);
    if (found === undefined) throw notFound(`projects/${project}/zones/${zone}/machineTypes/${name}`);
    return machineTypeJson(project, zone, found);
  },
  "machineTypes.list": listing("MachineType", (_account, call) => {
    const [project, zone] = [given(call, "project"), given(call, "zone")];
    return machineTypesIn(zone).map((type) => {
      return { place: `zones/${zone}`, name: type.name, json: machineTypeJson(project, zone, type) };
    });
  }),
  "acceleratorTypes.get": (_account, call) => {
    const [project, zone, name] = [given(call, "project"), given(call, "zone"), given(call, "acceleratorType")];
    const found = acceleratorTypesIn(zone).find((type) => type.name === name);
    if (found === undefined) throw notFound(`projects/${project}/zones/${zone}/acceleratorTypes/${name}`);
    return acceleratorTypeJson(project, zone, found);
  },
  "acceleratorTypes.list": listing("AcceleratorType", (_account, call) => {
    const [project, zone] = [given(call, "project"), given(call, "zone")];
    return acceleratorTypesIn(zone).map((type) => {
      return { place: `zones/${zone}`, name: type.name, json: acceleratorTypeJson(project, zone, type) };
    });
  }),
  "images.get": ({ images }, call) => {
    const [project, name] = [given(call, "project"), given(call, "image")];
    const found = images.get(project, name);
    if (found === undefined) throw notFound(`projects/${project}/global/images/${name}`);
    return images.toJson(found);
  },
  "images.getFromFamily": ({ images }, call) => {
    const [project, family] = [given(call, "project"), given(call, "family")];
    const found = images.newestOf(project, family);
    if (found === undefined) throw notFound(`projects/${project}/global/images/family/${family}`);
    return images.toJson(found);
  },
  "images.list": listing("Image", ({ images }, call) =>
    images
      .of(given(call, "project"))
      .map((image) => ({ place: "global", name: image.name, json: images.toJson(image) })),
  ),
};

function idOf(...names: readonly string[]): string {
  return numberOf(names.join("/"));
}

function zoneJson(project: string, name: string): Record<string, unknown> {
  return {
    kind: "compute#zone",
    id: idOf("zone", name),
    name,
    description: name,
    status: "UP",
    region: selfLink(`projects/${project}/regions/${regionOf(name)}`),
    selfLink: selfLink(`projects/${project}/zones/${name}`),
    supportsPzs: false,
  };
}

function regionJson(account: Account, project: string, name: string): Record<string, unknown> {
  return {
    kind: "compute#region",
    id: idOf("region", name),
    name,
    description: name,
    status: "UP",
    zones: zonesOf(name).map((zone) => selfLink(`projects/${project}/zones/${zone}`)),
    quotas: REGION_METRICS.map((metric) => quotaJson(account, name, metric)),
    selfLink: selfLink(`projects/${project}/regions/${name}`),
  };
}

function quotaJson(account: Account, region: string | undefined, metric: QuotaMetric): Record<string, unknown> {
  return { metric, limit: account.quota[metric] ?? UNLIMITED, usage: usageOf(account, region, metric) };
}

function machineTypeJson(project: string, zone: string, type: MachineType): Record<string, unknown> {
  const { name, family, guestCpus, memoryMb, isSharedCpu, gpus } = type;
  return {
    kind: "compute#machineType",
    id: idOf("machineType", name),
    name,
    description: `${guestCpus} vCPUs, ${memoryMb} MB RAM`,
    guestCpus,
    memoryMb,
    imageSpaceGb: 0,
    maximumPersistentDisks: 128,
    maximumPersistentDisksSizeGb: "263168",
    zone,
    isSharedCpu,
    architecture: family.architecture,
    ...(gpus === undefined
      ? {}
      : { accelerators: [{ guestAcceleratorType: gpus.type, guestAcceleratorCount: gpus.count }] }),
    selfLink: selfLink(`projects/${project}/zones/${zone}/machineTypes/${name}`),
  };
}

function acceleratorTypeJson(project: string, zone: string, type: AcceleratorType): Record<string, unknown> {
  const { name, description, counts } = type;
  return {
    kind: "compute#acceleratorType",
    id: String(10_000 + ACCELERATOR_TYPES.indexOf(type)),
    name,
    description,
    maximumCardsPerInstance: Math.max(...counts),
    zone: selfLink(`projects/${project}/zones/${zone}`),
    selfLink: selfLink(`projects/${project}/zones/${zone}/acceleratorTypes/${name}`),
  };
}
