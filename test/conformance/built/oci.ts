import type { SimulatedOci } from "@dask-fleet/simulated-clouds/oci";

import { shapeInWords } from "../../../providers/oci/plan/plan.ts";
import type { Built, PlanVariant } from "./built.ts";

export function builtOnOci(cloud: SimulatedOci, clusterName: string): Built {
  const { instances, groups, bootVolumes } = cloud.account;
  return {
    machines: instances.all
      .filter(
        ({ freeformTags, terminatedAt }) => freeformTags["cluster-name"] === clusterName && terminatedAt === undefined,
      )
      .map(({ id, displayName, plan, freeformTags, volume }) => ({
        id,
        name: displayName,
        type: shapeInWords(plan.shape.shape, plan.shape.flex === undefined ? undefined : plan),
        image: plan.image?.id ?? "",
        diskGiB: bootVolumes.all.find((each) => each.id === volume.id)?.sizeInGBs,
        tags: freeformTags,
      })),
    resources: groups.all
      .filter(({ freeformTags }) => freeformTags["cluster-name"] === clusterName)
      .map(({ displayName: name, freeformTags: tags }) => ({ kind: "network security group", name, tags })),
  };
}

export const variantsOnOci: readonly PlanVariant[] = [
  {
    title: "shapes of several sizes, an availability domain, a boot volume, tags and a raw override",
    options: () => ({
      nWorkers: 3,
      shape: "VM.Standard.E5.Flex",
      instanceTypes: ["VM.Standard.E4.Flex"],
      ocpus: 2,
      schedulerOcpus: 1,
      availabilityDomain: ["AD-2", "AD-1"],
      diskSize: 100,
      tags: { team: "data" },
      definedTags: { Operations: { CostCenter: "42" } },
      launchInstance: { sourceDetails: { bootVolumeVpusPerGB: 20 } },
    }),
  },
  {
    title: "a private subnet, by its id",
    options: (cloud) => ({ nWorkers: 1, publicIp: false, subnetId: (cloud as SimulatedOci).privateSubnet }),
  },
  {
    title: "three groups: fall-backs and preemptible, GPUs with a boot volume and tags, Arm",
    options: () => ({
      tags: { team: "data" },
      workers: {
        cpu: { count: 2, instanceType: ["VM.Standard.E5.Flex", "VM.Standard3.Flex"], preemptible: true },
        gpu: { count: 1, shape: "VM.GPU.A10.1", diskSize: 100, tags: { kind: "gpu" } },
        arm: { count: 1, shape: "VM.Standard.A1.Flex", memoryInGBs: 12, runtime: "native" },
      },
    }),
  },
];
