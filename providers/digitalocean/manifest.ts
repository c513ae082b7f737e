import { NO_SUCH_THING, type ProviderManifest } from "../../src/provider/manifest.ts";
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
    publicIp: "the scheduler's; workers' for outgoing traffic only",
    allowedCidrs: "in a cloud firewall",
    security: "temporary certificates, your own, or none",
    spot: NO_SUCH_THING,
    maxLifetimeMs: "power off, still charged for until the launcher or `sweep` deletes them",
    idleTimeoutMs: "power off, still charged for until the launcher or `sweep` deletes them",
    minWorkers: "fewer machines than `nWorkers`: a warning",
    gpu: "NVIDIA's, for the role whose size has them",
    arm: NO_SUCH_THING,
    ipv6: {
      only: NO_SUCH_THING,
      both: "with `extraDropletOptions: { ipv6: true }`",
      allowedCidrs: "in a cloud firewall",
    },
  },
  schema,
};
