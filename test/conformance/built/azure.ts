import type { SimulatedAzure } from "@dask-fleet/simulated-clouds/azure";

import type { Built, BuiltResource, PlanVariant } from "./built.ts";

interface Thing {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly madeFor?: Readonly<Record<string, string>>;
}

export function builtOnAzure({ account }: SimulatedAzure, clusterName: string): Built {
  const of = (kind: string, all: readonly Thing[]): BuiltResource[] =>
    all
      .filter(({ tags, madeFor }) => (tags["cluster-name"] ?? madeFor?.["cluster-name"]) === clusterName)
      .map(({ name, tags }) => ({ kind, name, tags }));
  return {
    machines: account.vms.all
      .filter(({ plan: { tags } }) => tags["cluster-name"] === clusterName)
      .map(({ name, plan }) => ({
        id: name,
        name,
        type: plan.size.name,
        image: plan.image.label,
        tags: plan.tags,
        diskGiB: plan.disk.sizeGb,
      })),
    resources: [
      ...of("virtual network", account.networks.all),
      ...of("security group", account.securityGroups.all),
      ...of("application security group", account.applicationGroups.all),
      ...of("scale set", account.scaleSets.all),
      ...of("network interface", account.nics.all),
      ...of("public address", account.publicAddresses.all),
      ...of("disk", account.disks.all),
    ],
  };
}

export const variantsOnAzure: readonly PlanVariant[] = [
  {
    title: "a network and a network security group of the user's own",
    options: () => ({ nWorkers: 1, vnet: "lab-vnet", subnet: "default", securityGroup: "lab-nsg" }),
  },
  {
    title: "two zones, a disk and tags",
    options: () => ({ nWorkers: 2, zones: ["1", "2"], diskSize: 128, tags: { team: "data" }, vmTags: { tier: "one" } }),
  },
];
