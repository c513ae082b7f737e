import { NOT_AVAILABLE, type ProviderManifest } from "../../src/provider/manifest.ts";
import { schema } from "./options/schema.ts";

export const manifest: ProviderManifest = {
  section: "made_up",
  command: "made-up",
  folder: "made-up",
  name: "MadeUp",
  title: "a made-up cloud",
  className: "MadeUpCluster",
  sdk: ["google-auth-library"],
  page: "docs/providers/made-up.md",
  needed: {},
  column: {
    publicIp: NOT_AVAILABLE,
    allowedCidrs: NOT_AVAILABLE,
    security: NOT_AVAILABLE,
    spot: NOT_AVAILABLE,
    maxLifetimeMs: NOT_AVAILABLE,
    idleTimeoutMs: NOT_AVAILABLE,
    minWorkers: NOT_AVAILABLE,
    gpu: NOT_AVAILABLE,
    arm: "on all moons",
    ipv6: { only: "in orbit", both: NOT_AVAILABLE, allowedCidrs: NOT_AVAILABLE },
  },
  schema,
};
