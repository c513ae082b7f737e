import * as z from "zod";

import {
  groupTypeField,
  roleTypeFields,
  vmFields,
  vmGroupFields,
  identityCertificates,
} from "../../../src/cloud/cloud-schema.ts";
import { aliasOf, describe, flag, gibibytes, text, textList, textRecord } from "../../../src/options/fields.ts";
import { ofGroup, workersField } from "../../../src/provider/groups/group-fields.ts";
import type { AzureCredential } from "../api/credential.ts";
import { parseId } from "../api/resource-id.ts";

const NAME = /^[\w().-]{1,90}$/u;

const nameOrId = (type: string, example: string): z.ZodString =>
  describe(
    text().refine((value) => (value.startsWith("/") ? parseId(value)?.type === type : NAME.test(value))),
    { expected: `${example}: its name, or its id (/subscriptions/…)` },
  );

const vmSize = text({ pattern: /^[A-Za-z]\w*$/u, expected: 'a size of machines such as "Standard_D2s_v5"' });

const zone = describe(z.union([text({ pattern: /^[1-9]$/ }), z.int().min(1).max(9)]), {
  expected: 'an availability zone such as "1"',
});
const zones = describe(z.array(zone).readonly(), {
  expected: 'a list of availability zones, such as ["1", "2"]',
});

const word = text({ empty: true });
const vmImage = describe(
  z
    .strictObject({
      publisher: describe(word, { description: "The publisher, such as `Canonical`." }).optional(),
      offer: describe(word, { description: "The publisher's name for it, such as `ubuntu-26_04-lts`." }).optional(),
      sku: describe(word, { description: "The variant, such as `server`." }).optional(),
      version: describe(word.optional(), {
        description: "Its version.",
        absent: "`latest`, resolved once at the start, so that all machines are alike",
      }),
      id: describe(text({ pattern: /^\/\S+$/u, expected: "the id of an image (/subscriptions/…)" }).optional(), {
        description: "The id of your own image, or of an image in a gallery.",
      }),
    })
    .readonly(),
  {
    expected: "a mapping with publisher, offer, sku and version, or with id",
    name: "AzureImage",
    description: "An image of Azure's Marketplace by its four names, or any other image by id.",
  },
);

const marketplacePlan = describe(
  z
    .strictObject({
      name: describe(text(), { description: "The plan's name." }),
      publisher: describe(text(), { description: "The publisher." }),
      product: describe(text(), { description: "The plan's product, usually the image's offer." }),
    })
    .readonly(),
  {
    expected: "a mapping with name, publisher and product",
    name: "MarketplacePlan",
    description: "The plan of a Marketplace image that has one. Its terms must have been accepted in the subscription.",
  },
);

const diskSize = gibibytes({ min: 1, max: 4095 });

/** User names that Azure or Linux refuses. */
const RESERVED =
  /^(?:1|123|a|actuser|adm|admin[12]?|administrator|aspnet|backup|bin|console|daemon|david|guest|john|owner|root|server|sql|support(?:_388945a0)?|sys|test[123]?|user[1-5]?)$/;
const adminUsername = describe(
  text({ pattern: /^[a-z_][a-z0-9_-]{0,31}$/ }).refine((name) => !RESERVED.test(name)),
  { expected: "a user name of lower-case letters, digits, `_` and `-` that Azure allows" },
);

const extra = describe(z.record(z.string(), z.unknown()).readonly(), {
  expected: "a mapping as Azure's create call of virtual machines takes it",
  keys: "data",
});

function hasGetToken(value: unknown): boolean {
  return typeof value === "object" && value !== null && "getToken" in value && typeof value.getToken === "function";
}

/** The options of Azure alone. */
export const azureFields = {
  location: describe(
    text({
      pattern: /^[A-Za-z][A-Za-z0-9 ]*$/,
      expected: 'a location such as "eastus"',
    }).optional(),
    { description: "The location of the machines, such as `eastus`.", absent: "required", outer: true },
  ),
  resourceGroup: describe(text({ pattern: NAME, expected: "the name of a resource group" }).optional(), {
    description: "The resource group for everything that is created. It must exist.",
    absent: "required",
    outer: true,
  }),
  subscriptionId: describe(
    text({
      pattern: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
      expected: 'the id of a subscription such as "0b1f6471-1bf0-4dda-aec3-cb9272f09590"',
    }).optional(),
    {
      description: "The id of the subscription that is billed.",
      absent: "`AZURE_SUBSCRIPTION_ID`, or the default subscription of the Azure command line (`az account show`)",
      outer: true,
    },
  ),
  vnet: describe(nameOrId("microsoft.network/virtualnetworks", "a virtual network").optional(), {
    description:
      "The virtual network: its name in `resourceGroup`, or its id. `publicIp: false` requires one, because this computer must be inside.",
    absent: "one is created for the cluster and removed with it",
  }),
  subnet: describe(nameOrId("microsoft.network/virtualnetworks/subnets", "a subnet").optional(), {
    description: "A subnet of `vnet`: its name or its id.",
    absent: "the first",
  }),
  securityGroup: describe(nameOrId("microsoft.network/networksecuritygroups", "a network security group").optional(), {
    description:
      "Your own network security group, used unchanged: its name in `resourceGroup`, or its id. It must admit members among themselves, and you at ports 8786 and 8788 of the scheduler.",
    absent: "one is created for the cluster and removed with it",
  }),
  publicIngress: aliasOf("publicIp", flag()),
  instanceType: describe(vmSize.default("Standard_D2s_v5"), {
    description:
      "The size of the scheduler's and the workers' machines. The default has 2 vCPUs and 8 GiB and exists in nearly every location. `Standard_D2as_v5` costs less where available.",
  }),
  vmSize: aliasOf("instanceType", vmSize),
  ...roleTypeFields(vmSize),
  schedulerVmSize: aliasOf("schedulerInstanceType", vmSize),
  workerVmSize: aliasOf("workerInstanceType", vmSize),
  instanceTypes: describe(textList({ each: vmSize }).default([]), {
    description:
      "More sizes of workers' machines, tried in this order when capacity or quota for the ones before runs out. Either all have NVIDIA GPUs or none.",
  }),
  zones: describe(zones.default([]), {
    description:
      'Availability zones, such as `["1", "2"]`, tried in this order when the ones before lack capacity. Without any, Azure chooses.',
  }),
  vmImage: describe(vmImage.default({}), {
    description:
      "The image of all machines, an Ubuntu or Debian unless `bootstrap` is false: `{ publisher, offer, sku, version }`, or `{ id }`. Names that are left out default to the newest Ubuntu LTS (`Canonical:ubuntu-26_04-lts:server`) for the architecture of the size.",
  }),
  diskSize: describe(diskSize.default(64), {
    description:
      "GB of each machine's disk, which is deleted with the machine. Azure bills by classes of 32, 64, 128, … GB.",
  }),
  filesystemSize: aliasOf("diskSize", diskSize),
  marketplacePlan: describe(marketplacePlan.optional(), {
    description:
      "The plan of a Marketplace image, if it has one: `{ name, publisher, product }`. It also names the image, unless `vmImage` has an `id`.",
  }),
  identityCertificates: describe(identityCertificates().optional(), {
    description:
      "More roots for the attested data of machines that join: a PEM file, or a URL. `never`: no attested data is asked for, and machines join by their token alone, because Azure's lists have no addresses. It must be signed by Azure's metadata service. Where the certificates above it cannot be had, no machine joins.",
    absent: "the roots that Node trusts",
  }),
  managedIdentity: describe(
    text().refine((value) => parseId(value)?.type === "microsoft.managedidentity/userassignedidentities"),
    {
      description:
        "The id of a user-assigned managed identity for the machines and all tasks on them. If it may delete machines in `resourceGroup`, a machine whose Dask has ended deletes itself. Without it, the machine powers off and is billed until it is deleted.",
      expected:
        "the id of a user-assigned identity (/subscriptions/…/providers/Microsoft.ManagedIdentity/userAssignedIdentities/…)",
    },
  ).optional(),
  adminUsername: describe(adminUsername.default("dask"), {
    description: "The name of the machines' user, who may use sudo. Passwords are off.",
  }),
  sshKeys: describe(
    textList({
      each: text({
        pattern: /^(?:ssh-ed25519|ssh-rsa) [A-Za-z0-9+/]+=*(?: [^\n\r]*)?$/,
        expected: "a public key that begins with ssh-ed25519 or ssh-rsa",
      }),
    }).default([]),
    {
      description:
        "SSH public keys of that user, as in `~/.ssh/id_ed25519.pub`. The cluster's own network security group does not open SSH. Azure requires a key: without any, one is generated and discarded.",
    },
  ),
  vmTags: describe(textRecord().default({}), {
    description:
      "More tags for machines, their disks, network interfaces and public addresses only. They win over `tags`.",
  }),
  credential: describe(
    z.custom<AzureCredential>((value) => hasGetToken(value)),
    {
      description:
        "The credential for Azure's API: one of `@azure/identity`, or any object with its `getToken`. It is not written to the cluster's record; a process that attaches uses its own.",
      absent: "`DefaultAzureCredential` of `@azure/identity`: environment, workload or managed identity, `az login`, …",
      expected: "one of @azure/identity, or another object with a getToken method",
      secret: true,
      programOnly: true,
      type: "AzureCredential",
    },
  ).optional(),
  audience: describe(text({ pattern: /^\S+$/ }).optional(), {
    description: "The audience of tokens, if `endpoint` is not one of Azure's own clouds.",
    absent: "the audience of Azure, Azure US Government or Azure China for their endpoints, else `endpoint`",
  }),
  extraVmOptions: describe(extra.optional(), {
    description:
      "More parameters of Azure's create call for virtual machines, by the names of `@azure/arm-compute`: `{ securityProfile: { encryptionAtHost: true } }`. They are merged last, mappings by name and lists by position, also into the workers' scale sets. Parameters with an option of their own, and those that dask-fleet needs to find and remove machines, are refused.",
  }),
  extraOptions: aliasOf("extraVmOptions", extra),
};

const groupFields = {
  ...vmGroupFields,
  instanceType: groupTypeField(vmSize),
  vmSize: aliasOf("instanceType", groupTypeField(vmSize)),
  ...ofGroup(
    azureFields,
    "zones",
    "vmImage",
    "diskSize",
    "filesystemSize",
    "marketplacePlan",
    "managedIdentity",
    "adminUsername",
    "sshKeys",
    "vmTags",
    "extraVmOptions",
    "extraOptions",
  ),
};

/** The schema behind {@link AzureVMClusterOptions}. */
export const schema = z.object({
  ...vmFields,
  ...azureFields,
  workers: workersField(groupFields, {
    name: "AzureVMWorkerGroupOptions",
    about: "A group of workers on Azure: its size, and options that override the cluster's.",
  }),
});
