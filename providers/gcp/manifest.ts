import type { ProviderManifest } from "../../src/provider/manifest.ts";
import { schema } from "./options/schema.ts";

export const manifest: ProviderManifest = {
  section: "gcp",
  command: "gcp",
  folder: "gcp",
  name: "GCP",
  title: "Google Cloud",
  className: "GCPCluster",
  sdk: ["@google-cloud/compute"],
  page: "docs/providers/gcp.md",
  needed: {},
  column: {
    publicIp: "the scheduler's; workers' for outgoing traffic",
    allowedCidrs: "in firewall rules",
    security: "temporary certificates, your own, or none",
    spot: "spot VMs",
    maxLifetimeMs: "Google deletes them",
    idleTimeoutMs: "power off, disks still charged for until the launcher or `sweep` deletes them",
    minWorkers: "a smaller cluster, with a warning",
    gpu: "NVIDIA's, for the scheduler or group whose type has them, or `nGpus`",
    arm: "the image follows the type",
    ipv6: {
      only: "in an IPv6-only subnet, external or, with `publicIp: false`, internal",
      both: "in a dual-stack subnet with external IPv6 addresses",
      allowedCidrs: "in a firewall rule of its own",
    },
  },
  schema,
};
