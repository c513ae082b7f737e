import type { Candidate } from "../../../providers/aws/machines/candidates.ts";
import type { Image } from "../../../providers/aws/machines/image.ts";
import type { RunInstancesInput } from "../../../providers/aws/machines/run-instances.ts";
import type { EC2ClusterOptions } from "../../../providers/aws/options/options.ts";
import { type ResolvedEc2Options, resolveEc2Options } from "../../../providers/aws/options/resolved-options.ts";
import type { MachineRequest } from "../../../src/provider/machine.ts";
import { clusterTags } from "../../../src/provider/tags.ts";

export function resolved(options: EC2ClusterOptions = {}): ResolvedEc2Options {
  return resolveEc2Options("ec2", options);
}

export const image: Image = {
  id: "ami-0123456789abcdef0",
  architecture: "x86_64",
  rootDevice: "/dev/sda1",
  minimumSize: 8,
};

export const candidate: Candidate = {
  subnetId: "subnet-0aaaaaaaaaaaaaaaa",
  zone: "us-east-1a",
  stack: "ipv4",
  instanceType: "m7i-flex.large",
  image,
  capacityType: "on-demand",
};

export const request: MachineRequest = {
  role: "worker",
  count: 3,
  userData: Buffer.from("#cloud-config\n"),
  token: "dask-1a2b3c4d-worker-00000000-1",
  tags: clusterTags({ name: "dask-1a2b3c4d", id: "0123456789abcdef" }, "worker", new Date("2026-11-22T12:00:00Z")),
};

export function runInput(change: Partial<RunInstancesInput> = {}): RunInstancesInput {
  return {
    request,
    candidate,
    options: resolved(),
    securityGroups: ["sg-0bbbbbbbbbbbbbbbb"],
    clients: 4,
    count: 3,
    batch: 0,
    ...change,
  };
}
