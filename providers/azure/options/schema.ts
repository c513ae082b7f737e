import * as z from "zod";

import { vmFields } from "../../../src/cloud/cloud-options.ts";
import { count, describe, flag, text, textList, textRecord } from "../../../src/options/fields.ts";
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
const zones: z.ZodType<readonly (string | number)[]> = describe(z.array(zone), {
  expected: 'a list of availability zones, such as ["1", "2"]',
});

const word = text({ empty: true });
const vmImage = describe(
  z.strictObject({
    publisher: word.optional(),
    offer: word.optional(),
    sku: word.optional(),
    version: word.optional(),
    id: text({ pattern: /^\/\S+$/u, expected: "the id of an image (/subscriptions/…)" }).optional(),
  }),
  { expected: "a mapping with publisher, offer, sku and version, or with id" },
);

const marketplacePlan = describe(z.strictObject({ name: text(), publisher: text(), product: text() }), {
  expected: "a mapping with name, publisher and product",
});

/** Names that Azure or Linux does not let an administrator have. */
const RESERVED =
  /^(?:1|123|a|actuser|adm|admin[12]?|administrator|aspnet|backup|bin|console|daemon|david|guest|john|owner|root|server|sql|support(?:_388945a0)?|sys|test[123]?|user[1-5]?)$/;
const adminUsername = describe(
  text({ pattern: /^[a-z_][a-z0-9_-]{0,31}$/ }).refine((name) => !RESERVED.test(name)),
  { expected: "a user name of lower-case letters, digits, `_` and `-` that Azure allows" },
);

const extra = describe(z.record(z.string(), z.unknown()), {
  expected: "a mapping as Azure's create call of virtual machines takes it",
  keys: "data",
});

/** The options of Azure alone. `credential` is apart: it is a value of the program. */
export const azureFields = {
  location: text({
    pattern: /^[A-Za-z][A-Za-z0-9 ]*$/,
    expected: 'a location such as "eastus"',
  }).optional(),
  resourceGroup: text({ pattern: NAME, expected: "the name of a resource group" }).optional(),
  subscriptionId: text({
    pattern: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    expected: 'the id of a subscription such as "0b1f6471-1bf0-4dda-aec3-cb9272f09590"',
  }).optional(),
  vnet: nameOrId("microsoft.network/virtualnetworks", "a virtual network").optional(),
  subnet: nameOrId("microsoft.network/virtualnetworks/subnets", "a subnet").optional(),
  securityGroup: nameOrId("microsoft.network/networksecuritygroups", "a network security group").optional(),
  publicIngress: flag().optional(),
  vmSize: vmSize.default("Standard_D2s_v5"),
  schedulerVmSize: vmSize.optional(),
  workerVmSize: vmSize.optional(),
  zones: zones.default([]),
  vmImage: vmImage.default({}),
  diskSize: count({ min: 1, max: 4095 }).default(64),
  marketplacePlan: marketplacePlan.optional(),
  managedIdentity: describe(
    text().refine((value) => parseId(value)?.type === "microsoft.managedidentity/userassignedidentities"),
    {
      expected:
        "the id of a user-assigned identity (/subscriptions/…/providers/Microsoft.ManagedIdentity/userAssignedIdentities/…)",
    },
  ).optional(),
  adminUsername: adminUsername.default("dask"),
  sshKeys: textList({
    each: text({
      pattern: /^(?:ssh-ed25519|ssh-rsa) [A-Za-z0-9+/]+=*(?: [^\n\r]*)?$/,
      expected: "a public key that begins with ssh-ed25519 or ssh-rsa",
    }),
  }).default([]),
  vmTags: textRecord().default({}),
  audience: text({ pattern: /^\S+$/ }).optional(),
  extraVmOptions: extra.optional(),
};

/** The schema behind {@link AzureVMClusterOptions}. */
export const schema = z.object({
  ...vmFields,
  ...azureFields,
  // As dask-cloudprovider's configuration spells it.
  extraOptions: extra.optional(),
});
