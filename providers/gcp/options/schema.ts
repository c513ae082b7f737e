import * as z from "zod";

import {
  groupTypeField,
  roleTypeFields,
  vmFields,
  vmGroupFields,
  identityCertificates,
} from "../../../src/cloud/cloud-schema.ts";
import {
  aliasOf,
  count,
  describe,
  flag,
  gibibytes,
  secret,
  text,
  textList,
  textRecord,
} from "../../../src/options/fields.ts";
import { ofGroup, workersField } from "../../../src/provider/groups/group-fields.ts";
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

const diskSize = gibibytes({ min: 10, max: 65_536 });

/** `preemptible` knows no `"with-fallback"`, but does not contradict it. */
function spotBy(preemptible: boolean, spot: unknown): unknown {
  return preemptible && spot === "with-fallback" ? spot : preemptible;
}

/** The options of Google's cloud alone. */
export const gcpFields = {
  projectId: describe(projectId.optional(), {
    description: "The id of the project that is billed.",
    absent: "Google's discovery (`GOOGLE_CLOUD_PROJECT`, the credentials, gcloud, the machine)",
  }),
  projectid: aliasOf("projectId", projectId),
  zone: describe(zone.default(DEFAULT_ZONE), { description: "The zone of the machines." }),
  zones: describe(textList({ each: zone, min: 1 }).optional(), {
    description: "Zones, tried in this order when the ones before lack capacity.",
    absent: "`[zone]`",
  }),
  network: describe(
    linkTo("networks", 'a network such as "default", or "projects/p/global/networks/n"').default("default"),
    { description: "The VPC network: its name, or `projects/p/global/networks/n`." },
  ),
  networkProjectId: describe(projectId.optional(), {
    description: "The network's project, if it is another one (Shared VPC).",
    absent: "`projectId`",
  }),
  networkProjectid: aliasOf("networkProjectId", projectId),
  subnetwork: describe(
    linkTo("subnetworks", 'a subnet such as "default", or "projects/p/regions/r/subnetworks/s"').optional(),
    {
      description: "The subnet: its name, or `projects/p/regions/r/subnetworks/s`.",
      absent:
        "the network's own choice; with custom subnets, the one in the zone's region, or of several the one with the network's name",
    },
  ),
  networkTags: describe(
    textList({
      each: resourceName("a network tag: lower-case letters, digits and `-`, a letter first, 63 at the most"),
    }).default([]),
    { description: "More network tags for all machines, for your own firewall rules and routes." },
  ),
  createFirewall: describe(flag().default(true), {
    description:
      "Whether firewall rules are created for the cluster and removed with it. With `false`, the network's rules must admit members among themselves, and you at ports 8786 and 8788 of the scheduler.",
  }),
  publicIngress: aliasOf("publicIp", flag()),
  instanceType: describe(machineType.optional(), {
    description: "The type of the scheduler's and the workers' machines.",
    absent:
      "`e2-standard-2` (2 vCPUs, 8 GB); `n1-standard-4` with GPUs to attach; for `nvidia-l4` and A100 the smallest type with that many GPUs",
  }),
  machineType: aliasOf("instanceType", machineType),
  ...roleTypeFields(machineType),
  instanceTypes: describe(textList({ each: machineType }).default([]), {
    description:
      "More types of workers' machines, tried in this order when capacity for the ones before runs out. Either all have NVIDIA GPUs or none.",
  }),
  schedulerMachineType: aliasOf("schedulerInstanceType", machineType),
  workerMachineType: aliasOf("workerInstanceType", machineType),
  sourceImage: describe(
    text().refine(
      (value) => !value.includes("/") || parseLink(value)?.collection === "images" || /^family\/[^/]+$/.test(value),
    ),
    {
      description:
        "The image of all machines: a name in `projectId`, `family/…`, `projects/…/global/images/…`, `projects/…/global/images/family/…`, or a full URL. It must have cloud-init, and apt unless `bootstrap` is false. Ubuntu's images have both. Google's Debian and Red Hat images do not, and are refused.",
      absent: "the newest Ubuntu LTS for the architecture of the machine type, looked up at the start",
      expected: 'an image: its name, "family/…", "projects/…/global/images/…" or "projects/…/global/images/family/…"',
    },
  ).optional(),
  nGpus: describe(gpus.optional(), {
    description:
      "Number of GPUs to attach to the scheduler and to each worker. Machine types with built-in GPUs (`g2-…`, `a2-…`) need no number.",
    absent: "0",
  }),
  ngpus: aliasOf("nGpus", gpus),
  gpuType: describe(gpuType.optional(), {
    description: "The type of the GPUs, such as `nvidia-tesla-t4`. Required with `nGpus`.",
  }),
  schedulerNGpus: describe(gpus.optional(), { description: "Number of GPUs of the scheduler.", absent: "`nGpus`" }),
  schedulerNgpus: aliasOf("schedulerNGpus", gpus),
  schedulerGpuType: describe(gpuType.optional(), {
    description: "The type of the scheduler's GPUs.",
    absent: "`gpuType`",
  }),
  workerNGpus: describe(gpus.optional(), { description: "Number of GPUs of each worker.", absent: "`nGpus`" }),
  workerNgpus: aliasOf("workerNGpus", gpus),
  workerGpuType: describe(gpuType.optional(), { description: "The type of the workers' GPUs.", absent: "`gpuType`" }),
  diskSize: describe(diskSize.default(50), {
    description: "GB of each machine's disk, which is deleted with the machine.",
  }),
  filesystemSize: aliasOf("diskSize", diskSize),
  diskType: describe(text({ pattern: /^[a-z][a-z0-9-]*$/, expected: 'a type of disk such as "pd-ssd"' }).optional(), {
    description: "The type of the disk, such as `pd-ssd`.",
    absent: "`pd-balanced`, or the type that the machine type requires",
  }),
  onHostMaintenance: describe(
    text({ pattern: /^(?:migrate|terminate)$/i, expected: '"MIGRATE" or "TERMINATE"' }).optional(),
    {
      description:
        "Host maintenance: `MIGRATE` moves the running machine, `TERMINATE` stops it. Machines with GPUs and spot machines can only be stopped.",
      absent: "`MIGRATE` where that is possible",
    },
  ),
  preemptible: describe(aliasOf("spot", flag(), spotBy), {
    description: "`spot: true`, as dask-cloudprovider has it.",
  }),
  instanceLabels: describe(textRecord().default({}), {
    description: "Labels for machines and disks only. They win over `tags`.",
  }),
  instanceMetadata: describe(textRecord().default({}), {
    description:
      'More metadata of the machines, such as `{ "enable-oslogin": "TRUE" }`. Keys that dask-fleet sets cannot be replaced.',
  }),
  identityCertificates: describe(identityCertificates().optional(), {
    description:
      "Google's keys for the identity tokens of machines that join: a file with a JSON Web Key Set, or a URL. `never`: no tokens are asked for. Machines without a service account have none. Where the keys cannot be had, no machine joins.",
    absent: "`https://www.googleapis.com/oauth2/v3/certs`",
  }),
  serviceAccount: describe(
    text({
      pattern: /^(?:default|[^@\s]+@[^@\s]+)$/,
      expected: '"default" or the e-mail address of a service account',
    }).optional(),
    {
      description:
        "The service account of the machines and their tasks: its e-mail address, or `default` for the project's own.",
      absent: "none, so that tasks cannot call Google APIs",
    },
  ),
  instanceScopes: describe(
    textList({
      each: text({
        pattern: /^https:\/\/www\.googleapis\.com\/auth\/[\w./-]+$/,
        expected: 'an OAuth scope such as "https://www.googleapis.com/auth/devstorage.read_write"',
      }),
    }).optional(),
    {
      description:
        "OAuth scopes of the service account's tokens on the machines. Without `serviceAccount` they apply to the `default` account; `[]` means no account.",
      absent: "reading Cloud Storage, which includes private images of Artifact Registry",
    },
  ),
  serviceAccountCredentials: describe(
    secret(
      describe(
        z
          .looseObject({
            client_email: describe(text(), { description: "The service account's e-mail address." }),
            private_key: describe(text(), { description: "Its key, as PEM." }),
          })
          .readonly(),
        {
          expected: "a mapping with client_email and private_key, as a key file has",
          keys: "data",
        },
      ),
    ).optional(),
    {
      description:
        "The content of a service account's key file, for dask-fleet's own calls. It is not written to the cluster's record; a process that attaches uses its own.",
      absent: "Google's discovery (Application Default Credentials)",
    },
  ),
  instanceProperties: describe(z.record(z.string(), z.unknown()).readonly(), {
    description:
      'More fields of Compute Engine\'s InstanceProperties, by its names: `{ minCpuPlatform: "Intel Ice Lake" }`. They are merged last into each request, mappings by name and lists by position: they can change and add, not remove. Fields with an option of their own, and those that dask-fleet needs to find and remove machines, are refused.',
    expected: "a mapping as Compute Engine's InstanceProperties has it",
    keys: "data",
  }).default({}),
};

const groupType = describe(groupTypeField(machineType), {
  absent: "the cluster's; for GPUs of the group's own that it cannot have, as the cluster's default",
});

const groupFields = {
  ...vmGroupFields,
  instanceType: groupType,
  machineType: aliasOf("instanceType", machineType),
  ...ofGroup(
    gcpFields,
    "zone",
    "zones",
    "sourceImage",
    "nGpus",
    "ngpus",
    "gpuType",
    "diskSize",
    "filesystemSize",
    "diskType",
    "onHostMaintenance",
    "preemptible",
    "networkTags",
    "instanceLabels",
    "instanceMetadata",
    "serviceAccount",
    "instanceScopes",
    "instanceProperties",
  ),
};

/** The schema behind {@link GCPClusterOptions}. */
export const schema = z.object({
  ...vmFields,
  ...gcpFields,
  workers: workersField(groupFields, {
    name: "GCPWorkerGroupOptions",
    about: "A group of workers on Google Cloud: its size, and options that override the cluster's.",
  }),
});
