import * as z from "zod";

import { roleTypeFields, vmFields } from "../../../src/cloud/cloud-schema.ts";
import { aliasOf, count, describe, flag, secret, text, textList, textRecord } from "../../../src/options/fields.ts";
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

const diskSize = count({ min: 10, max: 65_536 });

/** `preemptible` knows no `"with-fallback"`, but does not contradict it. */
function spotBy(preemptible: boolean, spot: unknown): unknown {
  return preemptible === (spot !== false) ? spot : preemptible;
}

/** The options of Google's cloud alone. */
export const gcpFields = {
  projectId: describe(projectId.optional(), {
    description: "The project that pays.",
    absent: "as Google's own tools find it (`GOOGLE_CLOUD_PROJECT`, the credentials, gcloud, the machine)",
  }),
  projectid: aliasOf("projectId", projectId),
  zone: describe(zone.default(DEFAULT_ZONE), { description: "Where the machines are." }),
  zones: describe(textList({ each: zone, min: 1 }).optional(), {
    description: "Several zones: the next is tried where the ones before have no capacity.",
    absent: "`[zone]`",
  }),
  network: describe(
    linkTo("networks", 'a network such as "default", or "projects/p/global/networks/n"').default("default"),
    { description: "The VPC network: its name, or `projects/p/global/networks/n`." },
  ),
  networkProjectId: describe(projectId.optional(), {
    description: "The project that the network lies in, where that is another (Shared VPC).",
    absent: "`projectId`",
  }),
  networkProjectid: aliasOf("networkProjectId", projectId),
  subnetwork: describe(
    linkTo("subnetworks", 'a subnet such as "default", or "projects/p/regions/r/subnetworks/s"').optional(),
    {
      description: "The subnet: its name, or `projects/p/regions/r/subnetworks/s`.",
      absent:
        "the network's own choice; in a network whose subnets were made by hand, the one in the region of the zone, and of several the one that is called as the network",
    },
  ),
  networkTags: describe(
    textList({
      each: resourceName("a network tag: lower-case letters, digits and `-`, a letter first, 63 at the most"),
    }).default([]),
    { description: "More network tags of all machines, for firewall rules and routes of your own." },
  ),
  createFirewall: describe(flag().default(true), {
    description:
      "Whether the cluster gets firewall rules of its own, which are removed with it. With `false`, rules of the network must admit the members among themselves, and you at the ports 8786 and 8788 of the scheduler.",
  }),
  publicIngress: aliasOf("publicIp", flag()),
  instanceType: describe(machineType.optional(), {
    description: "The type of the scheduler's and the workers' machines.",
    absent:
      "`e2-standard-2` (2 vCPUs, 8 GB); with GPUs to attach `n1-standard-4`, and for `nvidia-l4` and A100 the smallest type that comes with so many of them",
  }),
  machineType: aliasOf("instanceType", machineType),
  ...roleTypeFields(machineType),
  schedulerMachineType: aliasOf("schedulerInstanceType", machineType),
  workerMachineType: aliasOf("workerInstanceType", machineType),
  sourceImage: describe(
    text().refine(
      (value) => !value.includes("/") || parseLink(value)?.collection === "images" || /^family\/[^/]+$/.test(value),
    ),
    {
      description:
        "The image of all machines: a name in `projectId`, `family/…`, `projects/…/global/images/…`, `projects/…/global/images/family/…`, or the full address of one. It must have cloud-init, and apt unless `bootstrap` is false: Ubuntu's images do, Google's Debian and Red Hat images do not and are refused.",
      absent: "the newest Ubuntu LTS for the architecture of the machine type, looked up at the start",
      expected: 'an image: its name, "family/…", "projects/…/global/images/…" or "projects/…/global/images/family/…"',
    },
  ).optional(),
  nGpus: describe(gpus.optional(), {
    description:
      "GPUs to attach to the scheduler and to each worker. Types that come with GPUs (`g2-…`, `a2-…`) need no number.",
    absent: "0",
  }),
  ngpus: aliasOf("nGpus", gpus),
  gpuType: describe(gpuType.optional(), {
    description: "The type of the GPUs, such as `nvidia-tesla-t4`; needed with `nGpus`.",
  }),
  schedulerNGpus: describe(gpus.optional(), { description: "GPUs of the scheduler.", absent: "`nGpus`" }),
  schedulerNgpus: aliasOf("schedulerNGpus", gpus),
  schedulerGpuType: describe(gpuType.optional(), { description: "Their type.", absent: "`gpuType`" }),
  workerNGpus: describe(gpus.optional(), { description: "GPUs of each worker.", absent: "`nGpus`" }),
  workerNgpus: aliasOf("workerNGpus", gpus),
  workerGpuType: describe(gpuType.optional(), { description: "Their type.", absent: "`gpuType`" }),
  diskSize: describe(diskSize.default(50), { description: "GB of each machine's disk, which goes with the machine." }),
  filesystemSize: aliasOf("diskSize", diskSize),
  diskType: describe(text({ pattern: /^[a-z][a-z0-9-]*$/, expected: 'a type of disk such as "pd-ssd"' }).optional(), {
    description: "Type of the disk, such as `pd-ssd`.",
    absent: "`pd-balanced`, or what the machine type demands",
  }),
  onHostMaintenance: describe(
    text({ pattern: /^(?:migrate|terminate)$/i, expected: '"MIGRATE" or "TERMINATE"' }).optional(),
    {
      description:
        "What happens to a machine when Google works on its host: `MIGRATE` moves it while it runs, `TERMINATE` ends it. Machines with GPUs and spot machines can only be ended.",
      absent: "`MIGRATE` where that is possible",
    },
  ),
  preemptible: describe(aliasOf("spot", flag(), spotBy), {
    description: "`spot: true`, as dask-cloudprovider has it.",
  }),
  instanceLabels: describe(textRecord().default({}), {
    description: "Labels of machines and disks alone; they win over `tags`.",
  }),
  instanceMetadata: describe(textRecord().default({}), {
    description:
      'More metadata of the machines, such as `{ "enable-oslogin": "TRUE" }`. What makes them nodes cannot be replaced.',
  }),
  serviceAccount: describe(
    text({
      pattern: /^(?:default|[^@\s]+@[^@\s]+)$/,
      expected: '"default" or the e-mail address of a service account',
    }).optional(),
    {
      description:
        "The service account that tasks act as towards Google: its e-mail address, or `default` for the project's own.",
      absent: "none, so that tasks can call no Google API in its name",
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
        "What the service account's tokens on the machines are good for, as OAuth scopes. Given without `serviceAccount`, it means the `default` one; `[]` means none at all.",
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
        "The key of a service account that makes the machines, as the content of its key file. It is not written to the cluster's record, so another process that attaches uses its own.",
      absent: "Google's discovery (Application Default Credentials)",
    },
  ),
  instanceProperties: describe(z.record(z.string(), z.unknown()).readonly(), {
    description:
      'Anything else that Compute Engine\'s InstanceProperties has, with its own names: `{ minCpuPlatform: "Intel Ice Lake" }`. It is merged last into what each machine is made from, mappings by their names and lists by their places, so that it can change and add but not remove. What an option of its own decides, and what finds and removes the machines again, is refused.',
    expected: "a mapping as Compute Engine's InstanceProperties has it",
    keys: "data",
  }).default({}),
};

/** The schema behind {@link GCPClusterOptions}. */
export const schema = z.object({ ...vmFields, ...gcpFields });
