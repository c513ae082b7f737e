import type { SimulatedGcp } from "@dask-fleet/simulated-clouds/gcp";

import type { Built, PlanVariant } from "./built.ts";

export function builtOnGcp(cloud: SimulatedGcp, clusterName: string): Built {
  const { vms, firewalls } = cloud.account;
  const ours = vms.all.filter(({ labels }) => labels["cluster-name"] === clusterName);
  const rules = [...firewalls.values()].filter(
    ({ spec }) => spec.description?.includes(`cluster-name=${clusterName} `) === true,
  );
  return {
    machines: ours.map(({ name, plan, labels }) => ({
      id: name,
      name,
      type: plan.machineType.name,
      image: plan.disks[0]?.image?.name ?? "",
      tags: labels,
      diskGiB: plan.disks[0]?.sizeGb,
    })),
    resources: [
      ...rules.map(({ name, spec: { description = "" } }) => ({
        kind: "firewall rule",
        name,
        tags: Object.fromEntries(description.split(" ").map((word) => word.split("="))) as Record<string, string>,
      })),
      ...vms.disks
        .filter(({ plan }) => plan.labels["cluster-name"] === clusterName)
        .map(({ name, plan }) => ({ kind: "disk", name, tags: plan.labels })),
    ],
  };
}

export const variantsOnGcp: readonly PlanVariant[] = [
  {
    title: "the network's own rules",
    options: (cloud) => {
      const rule = [...(cloud as SimulatedGcp).account.firewalls.values()].find(({ name }) => name.endsWith("-ssh"));
      if (rule === undefined) throw new Error("The project has no rule for SSH");
      rule.spec = { ...rule.spec, allowed: [{ IPProtocol: "tcp", ports: ["8786-8788"] }] };
      return { createFirewall: false, nWorkers: 1 };
    },
  },
  {
    title: "two zones, a disk, labels, and GPUs to attach",
    options: () => ({
      nWorkers: 2,
      zones: ["us-central1-a", "us-central1-b"],
      diskSize: 120,
      tags: { team: "data" },
      instanceLabels: { tier: "one" },
      workerNGpus: 1,
      workerGpuType: "nvidia-tesla-t4",
    }),
  },
  {
    title:
      "four groups: fall-backs and spot, GPUs to attach with a disk and tags, Arm in another region, and one without a machine",
    options: () => ({
      zones: ["us-east1-b", "us-east1-c"],
      tags: { team: "data" },
      workers: {
        cpu: { count: 2, instanceType: ["c4-standard-2", "n2-standard-2"], spot: true },
        gpu: { count: 1, nGpus: 1, gpuType: "nvidia-tesla-t4", diskSize: 120, tags: { kind: "gpu" } },
        arm: { count: 1, machineType: "t2a-standard-1", zone: "us-central1-a", runtime: "native" },
        later: { maximum: 4, machineType: "g2-standard-4" },
      },
    }),
  },
];
