import { NOT_AVAILABLE, type ProviderManifest } from "../../src/provider/manifest.ts";
import { schema } from "./options/schema.ts";

export const manifest: ProviderManifest = {
  section: "digitalocean",
  command: "digitalocean",
  folder: "digitalocean",
  name: "DigitalOcean",
  title: "DigitalOcean",
  className: "DropletCluster",
  sdk: [],
  page: "docs/providers/digitalocean.md",
  needed: {},
  column: {
    publicIp: "the scheduler's; workers' for outgoing traffic",
    allowedCidrs: "in a cloud firewall",
    security: "temporary certificates, your own, or none",
    spot: NOT_AVAILABLE,
    maxLifetimeMs: "power off, still charged for until the launcher or `sweep` deletes them",
    idleTimeoutMs: "power off, still charged for until the launcher or `sweep` deletes them",
    minWorkers: "a smaller cluster, with a warning",
    gpu: "NVIDIA's, for the scheduler or group whose size has them",
    arm: NOT_AVAILABLE,
    ipv6: {
      only: NOT_AVAILABLE,
      both: "with `extraDropletOptions: { ipv6: true }`",
      allowedCidrs: "in a cloud firewall",
    },
  },
  schema,
};
