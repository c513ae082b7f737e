import * as z from "zod";

import { roleTypeFields, vmFields } from "../../../src/cloud/cloud-schema.ts";
import { aliasOf, count, describe, flag, text, textList, textRecord } from "../../../src/options/fields.ts";
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
      publisher: describe(word, { description: "Who publishes it, such as `Canonical`." }).optional(),
      offer: describe(word, { description: "What the publisher calls it, such as `ubuntu-26_04-lts`." }).optional(),
      sku: describe(word, { description: "Which of its kinds, such as `server`." }).optional(),
      version: describe(word.optional(), {
        description: "Its version.",
        absent: "`latest`, which is looked up at the start, so that all machines have the same",
      }),
      id: describe(text({ pattern: /^\/\S+$/u, expected: "the id of an image (/subscriptions/…)" }).optional(), {
        description: "The id of an image of yours, or of an image in a gallery.",
      }),
    })
    .readonly(),
  {
    expected: "a mapping with publisher, offer, sku and version, or with id",
    name: "AzureImage",
    description: "An image of Azure's Marketplace by its four names, or any other by its id.",
  },
);

const marketplacePlan = describe(
  z
    .strictObject({
      name: describe(text(), { description: "The plan's name." }),
      publisher: describe(text(), { description: "Who publishes it." }),
      product: describe(text(), { description: "What it is a plan of: the image's offer, as a rule." }),
    })
    .readonly(),
  {
    expected: "a mapping with name, publisher and product",
    name: "MarketplacePlan",
    description: "The plan of a Marketplace image that has one. Its terms must have been accepted in the subscription.",
  },
);

const diskSize = count({ min: 1, max: 4095 });

/** Names that Azure or Linux does not let an administrator have. */
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
    { description: "Where the machines are, such as `eastus`.", absent: "needed", outer: true },
  ),
  resourceGroup: describe(text({ pattern: NAME, expected: "the name of a resource group" }).optional(), {
    description: "The resource group in which everything is made; it must be there.",
    absent: "needed",
    outer: true,
  }),
  subscriptionId: describe(
    text({
      pattern: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
      expected: 'the id of a subscription such as "0b1f6471-1bf0-4dda-aec3-cb9272f09590"',
    }).optional(),
    {
      description: "The subscription that pays, by its id.",
      absent: "`AZURE_SUBSCRIPTION_ID`, or the default subscription of the Azure command line (`az account show`)",
      outer: true,
    },
  ),
  vnet: describe(nameOrId("microsoft.network/virtualnetworks", "a virtual network").optional(), {
    description:
      "The virtual network: its name in `resourceGroup`, or its id. With `publicIp: false` it is needed, for this computer must be inside.",
    absent: "one is made for the cluster and removed with it",
  }),
  subnet: describe(nameOrId("microsoft.network/virtualnetworks/subnets", "a subnet").optional(), {
    description: "A subnet of `vnet`: its name or its id.",
    absent: "the first",
  }),
  securityGroup: describe(nameOrId("microsoft.network/networksecuritygroups", "a network security group").optional(), {
    description:
      "A network security group of yours, used as it is: its name in `resourceGroup`, or its id. It must admit the members among themselves, and you at the ports 8786 and 8788 of the scheduler.",
    absent: "one is made for the cluster and removed with it",
  }),
  publicIngress: aliasOf("publicIp", flag()),
  instanceType: describe(vmSize.default("Standard_D2s_v5"), {
    description:
      "The size of the scheduler's and the workers' machines. The default has 2 vCPUs and 8 GiB, and nearly every location has it. Where it is offered, `Standard_D2as_v5` costs less.",
  }),
  vmSize: aliasOf("instanceType", vmSize),
  ...roleTypeFields(vmSize),
  schedulerVmSize: aliasOf("schedulerInstanceType", vmSize),
  workerVmSize: aliasOf("workerInstanceType", vmSize),
  zones: describe(zones.default([]), {
    description:
      'Availability zones, such as `["1", "2"]`, tried in this order where the ones before have no machine to give. Without any, Azure chooses.',
  }),
  vmImage: describe(vmImage.default({}), {
    description:
      "The image of all machines, an Ubuntu or Debian unless `bootstrap` is false: `{ publisher, offer, sku, version }`, or `{ id }`. What is left out of the four names of a Marketplace image is that of the newest Ubuntu LTS (`Canonical:ubuntu-26_04-lts:server`) for the architecture of the size.",
  }),
  diskSize: describe(diskSize.default(64), {
    description: "GB of each machine's disk, which goes with the machine. Azure bills by classes of 32, 64, 128, … GB.",
  }),
  filesystemSize: aliasOf("diskSize", diskSize),
  marketplacePlan: describe(marketplacePlan.optional(), {
    description:
      "The plan of a Marketplace image that has one: `{ name, publisher, product }`. It names the image, too, unless `vmImage` has an `id`.",
  }),
  managedIdentity: describe(
    text().refine((value) => parseId(value)?.type === "microsoft.managedidentity/userassignedidentities"),
    {
      description:
        "A user-assigned managed identity, by its id, that the machines and all tasks on them have. With it, a machine whose Dask has ended deletes itself, if the identity may delete machines in `resourceGroup`; without it, it powers off and is charged for until it is deleted.",
      expected:
        "the id of a user-assigned identity (/subscriptions/…/providers/Microsoft.ManagedIdentity/userAssignedIdentities/…)",
    },
  ).optional(),
  adminUsername: describe(adminUsername.default("dask"), {
    description: "The name of the machines' user, who may become root. Passwords are off.",
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
        "Public keys that may log in as that user, as they stand in `~/.ssh/id_ed25519.pub`. The cluster's own network security group has no open port for SSH. Azure wants a key: without any, one is made and thrown away.",
    },
  ),
  vmTags: describe(textRecord().default({}), {
    description:
      "More tags of the machines, their disks, network interfaces and public addresses alone; they win over `tags`.",
  }),
  credential: describe(
    z.custom<AzureCredential>((value) => hasGetToken(value)),
    {
      description:
        "What gives tokens for Azure's API: a credential of `@azure/identity`, or anything with its `getToken`. It is not written to the cluster's record, so another process that attaches uses its own.",
      absent: "`DefaultAzureCredential` of `@azure/identity`: environment, workload or managed identity, `az login`, …",
      expected: "one of @azure/identity, or another object with a getToken method",
      secret: true,
      programOnly: true,
      type: "AzureCredential",
    },
  ).optional(),
  audience: describe(text({ pattern: /^\S+$/ }).optional(), {
    description: "What tokens are asked for, where `endpoint` is none of Azure's own clouds.",
    absent:
      "for `endpoint` of Azure, Azure US Government and Azure China the one that belongs to it, for others `endpoint`",
  }),
  extraVmOptions: describe(extra.optional(), {
    description:
      "Anything else that Azure's create call of a virtual machine takes, with the names of `@azure/arm-compute`: `{ securityProfile: { encryptionAtHost: true } }`. It is merged last, mappings by their names and lists by their places, and holds for the workers' scale sets, too. What an option of its own decides, and what finds and removes the machines again, is refused.",
  }),
  extraOptions: aliasOf("extraVmOptions", extra),
};

/** The schema behind {@link AzureVMClusterOptions}. */
export const schema = z.object({ ...vmFields, ...azureFields });
