import { NO_SUCH_THING, type ProviderManifest } from "../../src/provider/manifest.ts";
import { schema } from "./options.ts";

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
    publicIp: NO_SUCH_THING,
    allowedCidrs: NO_SUCH_THING,
    security: NO_SUCH_THING,
    spot: NO_SUCH_THING,
    maxLifetimeMs: NO_SUCH_THING,
    idleTimeoutMs: NO_SUCH_THING,
    minWorkers: NO_SUCH_THING,
    gpu: NO_SUCH_THING,
    arm: "on all moons",
    ipv6: { only: "in orbit", both: NO_SUCH_THING, allowedCidrs: NO_SUCH_THING },
  },
  schema,
};
