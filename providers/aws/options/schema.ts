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

const region = text({
  pattern: /^(?!.*\d[a-z]$)[a-z0-9][a-z0-9-]*$/i,
  expected: 'a region such as "us-east-1", not a zone such as "us-east-1a"',
});
const zone = text({ pattern: /^[^\s,]+$/, expected: 'a zone such as "us-east-1a"' });
const instanceType = text({
  pattern: /^[a-z0-9-]+\.[a-z0-9-]+$/,
  expected: 'an instance type such as "m7i.large"',
});
const id = (prefix: string): z.ZodString =>
  text({ pattern: new RegExp(`^${prefix}-[0-9a-f]+$`), expected: `an id such as "${prefix}-0123456789abcdef0"` });
const oneOrMore = (one: z.ZodString, words: string): z.ZodUnion<[z.ZodString, ReturnType<typeof textList>]> =>
  describe(z.union([one, textList({ each: one, min: 1 })]), { expected: `${words}, or a list of such` });

const profile = describe(
  z.union([
    text(),
    z
      .strictObject({
        Name: describe(text(), { description: "Its name." }).exactOptional(),
        Arn: describe(text(), { description: "Its ARN." }).exactOptional(),
      })
      .readonly()
      .refine(({ Name, Arn }) => Name === undefined || Arn === undefined),
  ]),
  { expected: "the name or ARN of an instance profile, or a mapping with either Name or Arn", keys: "data" },
);
const diskSize = gibibytes({ min: 1, max: 65_536 });

/** The options of EC2 alone. */
export const ec2Fields = {
  region: describe(region.optional(), {
    description: "The region, such as `us-east-1`.",
    absent: "`AWS_REGION`, or the region of the AWS profile",
  }),
  availabilityZone: describe(oneOrMore(zone, 'a zone such as "us-east-1a"').optional(), {
    description: "A zone, or a list with the preferred zone first: `us-east-1a`, or its id `use1-az1`.",
    absent: "any",
  }),
  ami: describe(id("ami").optional(), {
    description: "The image of all machines, an Ubuntu or Debian unless `bootstrap` is false.",
    absent: "the newest Ubuntu LTS of Canonical for the architecture of the instance type, looked up at the start",
  }),
  instanceType: describe(instanceType.optional(), {
    description: "The type of the scheduler's and the workers' machines.",
    absent:
      "`m7i-flex.large` (2 vCPUs, 8 GiB), or, where the region lacks it, the equally large `m7i.large`, `m6i.large` or `m5.large`",
  }),
  ...roleTypeFields(instanceType),
  instanceTypes: describe(textList({ each: instanceType }).default([]), {
    description:
      "More types of workers' machines, tried in this order when capacity for the ones before runs out. Either all have NVIDIA GPUs or none.",
  }),
  diskSize: describe(diskSize.default(40), {
    description: "GiB of each machine's disk. It is encrypted and deleted with the machine.",
  }),
  filesystemSize: aliasOf("diskSize", diskSize),
  vpc: describe(id("vpc").optional(), {
    description: "The VPC of the machines, by its id.",
    absent: "that of `subnetId`, or the region's default VPC",
  }),
  subnetId: describe(oneOrMore(id("subnet"), 'a subnet such as "subnet-0123456789abcdef0"').optional(), {
    description: "The machines' subnet, or a list with the preferred subnet first.",
    absent: "one in each zone of the VPC",
  }),
  securityGroups: describe(textList({ each: id("sg") }).default([]), {
    description:
      "Ids of your own security groups, used unchanged. They must admit members among themselves, and you at ports 8786 and 8788 of the scheduler. Without any, two are created for the cluster and removed with it.",
  }),
  usePrivateIp: describe(
    aliasOf("publicIp", flag(), (isPrivate: boolean) => !isPrivate),
    { description: "The opposite of `publicIp`, as dask-cloudprovider has it." },
  ),
  keyName: describe(text().optional(), {
    description:
      "Name of an SSH key pair for the image's user (`ubuntu`). The cluster's own security group does not open SSH.",
  }),
  iamInstanceProfile: describe(profile.optional(), {
    description:
      "The instance profile that gives tasks access to AWS, such as S3: its name or ARN, or `{ Name }` or `{ Arn }`.",
  }),
  identityCertificates: describe(identityCertificates().optional(), {
    description:
      "AWS' certificates for the identity documents of machines that join: a PEM file, or a URL. `never`: no documents are asked for. Where the certificates cannot be had, `start()` warns, and machines join by token and address.",
    absent: "AWS' user guide, at docs.aws.amazon.com",
  }),
  instanceTags: describe(textRecord().default({}), {
    description:
      "More tags of machines, their network interfaces and spot requests; they win over `tags`. The cluster's own tags cannot be replaced; `Name` can.",
  }),
  volumeTags: describe(textRecord().default({}), { description: "More tags of disks; they win over `tags`." }),
  enableDetailedMonitoring: describe(flag().default(false), {
    description: "Detailed CloudWatch monitoring of the machines. AWS charges for it.",
  }),
  runInstances: describe(z.record(z.string(), z.unknown()).readonly(), {
    description:
      "More parameters of EC2's RunInstances, by EC2's names: `{ CreditSpecification: { CpuCredits: \"standard\" } }`. They are merged last into each request, mappings by name and lists by position: they can change and add, not remove. Parameters with an option of their own, and those that dask-fleet needs to find and remove machines, are refused.",
    expected: "a mapping as EC2's RunInstances takes it",
    keys: "data",
  }).default({}),
};

const groupFields = {
  ...vmGroupFields,
  instanceType: groupTypeField(instanceType),
  ...ofGroup(
    ec2Fields,
    "availabilityZone",
    "ami",
    "diskSize",
    "filesystemSize",
    "subnetId",
    "keyName",
    "iamInstanceProfile",
    "instanceTags",
    "volumeTags",
    "enableDetailedMonitoring",
    "runInstances",
  ),
};

/** The schema behind {@link EC2ClusterOptions}. */
export const schema = z.object({
  ...vmFields,
  ...ec2Fields,
  workers: workersField(groupFields, {
    name: "EC2WorkerGroupOptions",
    about: "A group of workers on EC2: its size, and options that override the cluster's.",
  }),
});
