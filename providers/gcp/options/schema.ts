import * as z from "zod";

import { vmFields } from "../../../src/cloud/cloud-options.ts";
import { count, describe, flag, secret, text, textList, textRecord } from "../../../src/options/fields.ts";
import { parseLink } from "../api/links.ts";

const DEFAULT_ZONE = "us-east1-c";

const resourceName = (expected: string): z.ZodString =>
  text({ pattern: /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/, expected });
const linkTo = (collection: string, expected: string): z.ZodString =>
  describe(
    text().refine((value) => /^[a-z][a-z0-9-]{0,62}$/.test(value) || parseLink(value)?.collection === collection),
    { expected },
  );
const projectId = text({
  empty: true,
  pattern: /^$|^(?:[a-z0-9.-]+:)?[a-z0-9-]+$/,
  expected: 'the id of a project, such as "my-project-123"',
});
const zone = text({
  pattern: /^[a-z]+(?:-[a-z]+)*-[a-z]+\d+-[a-z0-9]+$/,
  expected: 'a zone such as "us-east1-c", not a region such as "us-east1"',
});
const machineType = text({ pattern: /^[a-z][a-z0-9-]*$/, expected: 'a machine type such as "n2-standard-4"' });
/** dask-cloudprovider's own configuration has "" where there are none. */
const gpus = describe(z.union([count({ max: 16 }), z.literal("")]), { expected: "a whole number from 0 to 16" });
const gpuType = text({
  empty: true,
  pattern: /^$|^[a-z][a-z0-9-]*$/,
  expected: 'a type of GPU such as "nvidia-tesla-t4"',
});

/** The options of Google's cloud alone. */
export const gcpFields = {
  projectId: projectId.optional(),
  zone: zone.default(DEFAULT_ZONE),
  zones: textList({ each: zone, min: 1 }).optional(),
  network: linkTo("networks", 'a network such as "default", or "projects/p/global/networks/n"').default("default"),
  networkProjectId: projectId.optional(),
  subnetwork: linkTo("subnetworks", 'a subnet such as "default", or "projects/p/regions/r/subnetworks/s"').optional(),
  networkTags: textList({
    each: resourceName("a network tag: lower-case letters, digits and `-`, a letter first, 63 at the most"),
  }).default([]),
  createFirewall: flag().default(true),
  publicIngress: flag().optional(),
  machineType: machineType.optional(),
  schedulerMachineType: machineType.optional(),
  workerMachineType: machineType.optional(),
  sourceImage: describe(
    text().refine(
      (value) => !value.includes("/") || parseLink(value)?.collection === "images" || /^family\/[^/]+$/.test(value),
    ),
    { expected: 'an image: its name, "family/…", "projects/…/global/images/…" or "projects/…/global/images/family/…"' },
  ).optional(),
  nGpus: gpus.optional(),
  gpuType: gpuType.optional(),
  schedulerNGpus: gpus.optional(),
  schedulerGpuType: gpuType.optional(),
  workerNGpus: gpus.optional(),
  workerGpuType: gpuType.optional(),
  filesystemSize: count({ min: 10, max: 65_536 }).default(50),
  diskType: text({ pattern: /^[a-z][a-z0-9-]*$/, expected: 'a type of disk such as "pd-ssd"' }).optional(),
  onHostMaintenance: text({ pattern: /^(?:migrate|terminate)$/i, expected: '"MIGRATE" or "TERMINATE"' }).optional(),
  preemptible: flag().optional(),
  instanceLabels: textRecord().default({}),
  instanceMetadata: textRecord().default({}),
  serviceAccount: text({
    pattern: /^(?:default|[^@\s]+@[^@\s]+)$/,
    expected: '"default" or the e-mail address of a service account',
  }).optional(),
  instanceScopes: textList({
    each: text({
      pattern: /^https:\/\/www\.googleapis\.com\/auth\/[\w./-]+$/,
      expected: 'an OAuth scope such as "https://www.googleapis.com/auth/devstorage.read_write"',
    }),
  }).optional(),
  serviceAccountCredentials: secret(
    describe(z.looseObject({ client_email: text(), private_key: text() }), {
      expected: "a mapping with client_email and private_key, as a key file has",
      keys: "data",
    }),
  ).optional(),
  instanceProperties: describe(z.record(z.string(), z.unknown()), {
    expected: "a mapping as Compute Engine's InstanceProperties has it",
    keys: "data",
  }).default({}),
};

/** The schema behind {@link GCPClusterOptions}. */
export const schema = z.object({
  ...vmFields,
  ...gcpFields,
  // As dask-cloudprovider's configuration spells them.
  projectid: projectId.optional(),
  networkProjectid: projectId.optional(),
  ngpus: gpus.optional(),
  schedulerNgpus: gpus.optional(),
  workerNgpus: gpus.optional(),
});
