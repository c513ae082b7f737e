import type { SimulatedEc2 } from "@dask-fleet/simulated-clouds/ec2";

import type { Built, BuiltResource, PlanVariant } from "./built.ts";

interface Named {
  readonly tags: ReadonlyMap<string, string>;
}

export function builtOnEc2(cloud: SimulatedEc2, clusterName: string): Built {
  const ours = ({ tags }: Named): boolean => tags.get("cluster-name") === clusterName;
  const named = (kind: string, all: readonly Named[]): BuiltResource[] =>
    all.filter(ours).map(({ tags }) => ({ kind, name: tags.get("Name") ?? "", tags: Object.fromEntries(tags) }));
  const machines = cloud.machines.filter(
    ({ tags, state }) => tags["cluster-name"] === clusterName && state !== "terminated",
  );
  return {
    machines: machines.map(({ id, tags, instanceType, imageId }) => ({
      id,
      name: tags["Name"] ?? "",
      type: instanceType,
      image: imageId,
      tags,
      diskGiB: cloud.volumes.find(({ instanceId }) => instanceId === id)?.plan.sizeGiB,
    })),
    resources: [
      ...cloud.securityGroups
        .filter(ours)
        .map(({ name, tags }) => ({ kind: "security group", name, tags: Object.fromEntries(tags) })),
      ...named("volume", cloud.volumes),
      ...named("network interface", cloud.networkInterfaces),
      ...named("spot request", cloud.spotRequests),
    ],
  };
}

export const variantsOnEc2: readonly PlanVariant[] = [
  {
    title: "security groups of the user's own",
    options: (cloud) => {
      const [group] = (cloud as SimulatedEc2).securityGroups;
      if (group === undefined) throw new Error("The account has no security group");
      const rule = {
        id: "sgr-1",
        groupId: group.id,
        description: undefined,
        tags: new Map<string, string>(),
        visibleFrom: 0,
      };
      const peer = { kind: "ipv4", cidr: "127.0.0.1/32" } as const;
      group.rules = [
        ...group.rules,
        { ...rule, direction: "ingress", protocol: "tcp", fromPort: 8786, toPort: 8788, peer },
      ];
      return { securityGroups: [group.id], nWorkers: 1 };
    },
  },
  {
    title: "a list of types, two zones, a disk, tags and a raw override",
    options: () => ({
      nWorkers: 3,
      instanceTypes: ["m7i.large", "m6i.large"],
      workerInstanceType: "m5.large",
      availabilityZone: ["us-east-1b", "us-east-1a"],
      diskSize: 100,
      tags: { team: "data" },
      instanceTags: { Name: "mine" },
      volumeTags: { backup: "no" },
      runInstances: { BlockDeviceMappings: [{ Ebs: { VolumeSize: 120 } }] },
    }),
  },
  {
    title: "three groups: fall-backs and spot, GPUs with a disk and tags, Arm",
    options: () => ({
      schedulerInstanceType: "m6i.large",
      tags: { team: "data" },
      workers: {
        cpu: { count: 2, instanceType: ["c7i.large", "c6i.large"], spot: true },
        gpu: { count: 1, instanceType: "g4dn.xlarge", diskSize: 100, tags: { kind: "gpu" } },
        arm: { count: 1, instanceType: "m7g.large", runtime: "native" },
      },
    }),
  },
  {
    title: "groups with a zone and a subnet of their own, and one that starts without a machine",
    options: (cloud) => {
      const { subnetIds } = (cloud as SimulatedEc2).addVpc({
        subnets: [{ zone: "us-east-1a" }, { zone: "us-east-1b" }, { zone: "us-east-1c" }],
      });
      return {
        workers: {
          zone: { count: 1, availabilityZone: "us-east-1b" },
          subnet: { count: 1, subnetId: subnetIds[2] },
          later: { maximum: 4, instanceType: "g4dn.xlarge" },
        },
      };
    },
  },
];
