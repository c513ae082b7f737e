import { NOT_AVAILABLE, type ProviderManifest } from "../../src/provider/manifest.ts";
import { schema } from "./options/schema.ts";

export const manifest: ProviderManifest = {
  section: "oci",
  command: "oci",
  folder: "oci",
  name: "OCI",
  title: "Oracle Cloud",
  className: "OCICluster",
  sdk: ["oci-common", "oci-core"],
  page: "docs/providers/oci.md",
  needed: {},
  column: {
    publicIp: "the scheduler's; workers' for outgoing traffic",
    allowedCidrs: "in a network security group",
    security: "temporary certificates, your own, or none",
    spot: "preemptible instances",
    maxLifetimeMs: "power off, still charged for until the launcher or `sweep` deletes them",
    idleTimeoutMs: "power off, still charged for until the launcher or `sweep` deletes them",
    minWorkers: "a smaller cluster, with a warning",
    gpu: "NVIDIA's, for the scheduler or group whose shape has them",
    arm: "the image follows the shape",
    ipv6: { only: NOT_AVAILABLE, both: NOT_AVAILABLE, allowedCidrs: NOT_AVAILABLE },
  },
  schema,
};
