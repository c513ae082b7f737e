import * as z from "zod";

import { groupTypeField, roleTypeFields, vmFields, vmGroupFields } from "../../../src/cloud/cloud-schema.ts";
import { aliasOf, count, describe, flag, gibibytes, text, textList, textRecord } from "../../../src/options/fields.ts";
import { ofGroup, workersField } from "../../../src/provider/groups/group-fields.ts";

/** Enough for Docker and Dask, in nearly every region: 1 OCPU is 2 vCPUs. */
const DEFAULT_SHAPE = "VM.Standard.E4.Flex";

const ocid = (...kinds: readonly string[]): z.ZodString =>
  text({
    pattern: new RegExp(`^ocid1\\.(?:${kinds.join("|")})\\.[\\w.-]+$`),
    expected: `an OCID such as "ocid1.${kinds[0]}.oc1..aaaaaaaa…"`,
  });
const oneOrMore = (one: z.ZodString, words: string): z.ZodUnion<[z.ZodString, ReturnType<typeof textList>]> =>
  describe(z.union([one, textList({ each: one, min: 1 })]), { expected: `${words}, or a list of such` });

const shape = text({ pattern: /^[A-Z][\w-]*(?:\.[\w-]+)+$/, expected: 'a shape such as "VM.Standard.E4.Flex"' });
const availabilityDomain = oneOrMore(
  text({ pattern: /^[^\s,]+$/, expected: 'an availability domain such as "Uocm:PHX-AD-1" or "AD-1"' }),
  'an availability domain such as "Uocm:PHX-AD-1" or "AD-1"',
);
const faultDomain = oneOrMore(
  text({ pattern: /^FAULT-DOMAIN-\d$/, expected: 'a fault domain such as "FAULT-DOMAIN-1"' }),
  'a fault domain such as "FAULT-DOMAIN-1"',
);
const auth = text({
  pattern: /^(?:api_key|security_token|instance_principal|resource_principal)$/,
  expected: '"api_key", "security_token", "instance_principal" or "resource_principal"',
});
const image = ocid("image");
const nsgIds = textList({ each: ocid("networksecuritygroup") });
const diskSize = gibibytes({ min: 50, max: 32_768 });
const ocpus = count({ min: 1, max: 1024 });
const memory = count({ min: 1, max: 16_384 });

/** `preemptible` knows no `"with-fallback"`, but does not contradict it. */
function spotBy(preemptible: boolean, spot: unknown): unknown {
  return preemptible && spot === "with-fallback" ? spot : preemptible;
}

/** The options of Oracle's cloud alone. */
export const ociFields = {
  auth: describe(auth.optional(), {
    description:
      "How dask-fleet signs its own calls, by the names of OCI's command line: `api_key` or `security_token` of a `profile`, `instance_principal`, or `resource_principal`.",
    absent: "`OCI_CLI_AUTH`; `resource_principal` where the environment has one; else what the `profile` says",
  }),
  configFile: describe(text().optional(), {
    description: "The configuration file of OCI's SDKs and command line.",
    absent: "`OCI_CLI_CONFIG_FILE` or `OCI_CONFIG_FILE`, else `~/.oci/config`",
  }),
  profile: describe(text({ pattern: /^[^\s\]]+$/ }).optional(), {
    description: "The profile in `configFile`.",
    absent: "`OCI_CLI_PROFILE`, else `DEFAULT`",
  }),
  region: describe(
    text({ pattern: /^[a-z0-9][a-z0-9.-]*$/, expected: 'a region such as "eu-frankfurt-1"' }).optional(),
    {
      description: "The region, such as `eu-frankfurt-1`.",
      absent: "`OCI_CLI_REGION` or `OCI_REGION`, else the profile's",
    },
  ),
  compartmentId: describe(ocid("compartment", "tenancy").optional(), {
    description: "The compartment of all that is created, by its OCID.",
    absent: "`NB_SESSION_COMPARTMENT_OCID`, as in a Data Science notebook; else the tenancy, the root compartment",
  }),
  availabilityDomain: describe(availabilityDomain.optional(), {
    description:
      "An availability domain, or a list with the preferred one first: `Uocm:PHX-AD-1`, or only its end, `AD-1`.",
    absent: "any",
  }),
  availabilityZone: aliasOf("availabilityDomain", availabilityDomain),
  faultDomain: describe(faultDomain.optional(), {
    description: "A fault domain, or a list: tried in this order when the ones before lack capacity.",
    absent: "OCI's own choice, then each of the three",
  }),
  vcnId: describe(ocid("vcn").optional(), {
    description: "The virtual cloud network, by its OCID.",
    absent: "that of `subnetId`, or the only one in the compartment",
  }),
  subnetId: describe(
    oneOrMore(ocid("subnet"), 'a subnet\'s OCID such as "ocid1.subnet.oc1.phx.aaaaaaaa…"').optional(),
    {
      description: "The machines' subnet, or a list with the preferred subnet first.",
      absent:
        "the VCN's public ones, or without `publicIp` its private ones: a regional one, or one in each availability domain",
    },
  ),
  nsgIds: describe(nsgIds.default([]), {
    description:
      "OCIDs of your own network security groups, used unchanged. They must admit members among themselves, and you at ports 8786 and 8788 of the scheduler. Without any, two are created for the cluster and removed with it.",
  }),
  securityGroups: aliasOf("nsgIds", nsgIds),
  instanceType: describe(shape.default(DEFAULT_SHAPE), {
    description: "The shape of the scheduler's and the workers' machines.",
  }),
  shape: aliasOf("instanceType", shape),
  ...roleTypeFields(shape),
  schedulerShape: aliasOf("schedulerInstanceType", shape),
  workerShape: aliasOf("workerInstanceType", shape),
  instanceTypes: describe(textList({ each: shape }).default([]), {
    description:
      "More shapes of workers' machines, tried in this order when capacity for the ones before runs out. Either all have NVIDIA GPUs or none.",
  }),
  ocpus: describe(ocpus.optional(), {
    description: "OCPUs of each machine of a flexible shape. One is two vCPUs, on Arm one.",
    absent: "1, on Arm 2",
  }),
  memoryInGBs: describe(memory.optional(), {
    description: "Memory of each machine of a flexible shape.",
    absent: "4 GB for each vCPU, within what the shape takes",
  }),
  schedulerOcpus: describe(ocpus.optional(), { description: "OCPUs of the scheduler.", absent: "`ocpus`" }),
  schedulerMemoryInGBs: describe(memory.optional(), {
    description: "Memory of the scheduler.",
    absent: "`memoryInGBs`",
  }),
  image: describe(image.optional(), {
    description:
      "The image of all machines, by its OCID: an Ubuntu, Debian or Oracle Linux unless `bootstrap` is false.",
    absent: "the newest Ubuntu LTS of Canonical for the shape, looked up at the start",
  }),
  imageId: aliasOf("image", image),
  diskSize: describe(diskSize.default(50), {
    description: "GB of each machine's boot volume, which is deleted with the machine.",
  }),
  bootVolumeSizeInGBs: aliasOf("diskSize", diskSize),
  preemptible: describe(aliasOf("spot", flag(), spotBy), { description: "`spot: true`, as OCI calls it." }),
  freeformTags: aliasOf("tags", textRecord()),
  definedTags: describe(
    z.record(z.string(), z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).readonly()).readonly(),
    {
      description: 'Defined tags for everything that is created, by namespace: `{ Operations: { CostCenter: "42" } }`.',
      expected: "a mapping of tag namespaces to mappings of keys to values",
      keys: "data",
    },
  ).default({}),
  sshAuthorizedKeys: describe(
    textList({
      each: text({ pattern: /^(?:ssh|ecdsa|sk)-\S+ \S+/u, expected: "a public key as in an authorized_keys file" }),
    }).default([]),
    {
      description:
        "Public SSH keys for the image's user (`ubuntu`, `opc`), as in an authorized_keys file. The cluster's own network security groups do not open SSH; the subnet's security list may.",
    },
  ),
  launchInstance: describe(z.record(z.string(), z.unknown()).readonly(), {
    description:
      "More fields of OCI's LaunchInstanceDetails, by OCI's names: `{ sourceDetails: { bootVolumeVpusPerGB: 20 } }`. They are merged last into each request, mappings by name and lists by position: they can change and add, not remove. Fields with an option of their own, and those that dask-fleet needs to find and remove machines, are refused.",
    expected: "a mapping as OCI's LaunchInstanceDetails has it",
    keys: "data",
  }).default({}),
};

const groupFields = {
  ...vmGroupFields,
  instanceType: groupTypeField(shape),
  ...ofGroup(
    ociFields,
    "shape",
    "ocpus",
    "memoryInGBs",
    "availabilityDomain",
    "availabilityZone",
    "faultDomain",
    "subnetId",
    "image",
    "imageId",
    "diskSize",
    "bootVolumeSizeInGBs",
    "preemptible",
    "freeformTags",
    "definedTags",
    "sshAuthorizedKeys",
    "launchInstance",
  ),
};

/** The schema behind {@link OCIClusterOptions}. */
export const schema = z.object({
  ...vmFields,
  ...ociFields,
  workers: workersField(groupFields, {
    name: "OCIWorkerGroupOptions",
    about: "A group of workers on Oracle Cloud: its size, and options that override the cluster's.",
  }),
});
