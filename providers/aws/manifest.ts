import type { ProviderManifest } from "../../src/provider/manifest.ts";
import { schema } from "./options/schema.ts";

export const manifest: ProviderManifest = {
  section: "ec2",
  command: "ec2",
  folder: "aws",
  name: "EC2",
  title: "AWS",
  className: "EC2Cluster",
  sdk: ["@aws-sdk/client-ec2"],
  page: "docs/providers/aws.md",
  needed: {},
  column: {
    publicIp: "the scheduler's; workers' for outgoing traffic",
    allowedCidrs: "in a security group",
    security: "temporary certificates, your own, or none",
    spot: "spot instances",
    maxLifetimeMs: "power off and are deleted",
    idleTimeoutMs: "power off and are deleted",
    minWorkers: "a smaller cluster, with a warning",
    gpu: "NVIDIA's, for the scheduler or group whose type has them",
    arm: "the image follows the type",
    ipv6: {
      only: "in an IPv6-only subnet (Nitro types)",
      both: "in a dual-stack subnet",
      allowedCidrs: "in a security group",
    },
  },
  schema,
};
