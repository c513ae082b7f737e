import * as z from "zod";

import { vmFields } from "../../../src/cloud/cloud-options.ts";
import { count, describe, flag, text, textList, textRecord } from "../../../src/options/fields.ts";
import type { EC2ClusterOptions } from "./options.ts";

const region = text({
  pattern: /^(?!.*\d[a-z]$)[a-z0-9][a-z0-9-]*$/i,
  expected: 'a region such as "us-east-1", not a zone such as "us-east-1a"',
});
const instanceType = text({
  pattern: /^[a-z0-9-]+\.[a-z0-9-]+$/,
  expected: 'an instance type such as "m7i.large"',
});
const id = (prefix: string): z.ZodString =>
  text({ pattern: new RegExp(`^${prefix}-[0-9a-f]+$`), expected: `an id such as "${prefix}-0123456789abcdef0"` });
const oneOrMore = (one: z.ZodString, words: string): z.ZodType<string | readonly string[]> =>
  describe(z.union([one, textList({ each: one, min: 1 })]), { expected: `${words}, or a list of such` });

const profile: z.ZodType<NonNullable<EC2ClusterOptions["iamInstanceProfile"]>> = describe(
  z.union([
    text(),
    z
      .strictObject({ Name: text().exactOptional(), Arn: text().exactOptional() })
      .refine(({ Name, Arn }) => Name === undefined || Arn === undefined),
  ]),
  { expected: "the name or ARN of an instance profile, or a mapping with either Name or Arn", keys: "data" },
);

/** The options of EC2 alone. */
export const ec2Fields = {
  region: region.optional(),
  availabilityZone: oneOrMore(text(), 'a zone such as "us-east-1a"').optional(),
  ami: id("ami").optional(),
  instanceType: instanceType.optional(),
  schedulerInstanceType: instanceType.optional(),
  workerInstanceType: instanceType.optional(),
  instanceTypes: textList({ each: instanceType }).default([]),
  vpc: id("vpc").optional(),
  subnetId: oneOrMore(id("subnet"), 'a subnet such as "subnet-0123456789abcdef0"').optional(),
  securityGroups: textList({ each: id("sg") }).default([]),
  usePrivateIp: flag().optional(),
  filesystemSize: count({ min: 1, max: 65_536 }).default(40),
  keyName: text().optional(),
  iamInstanceProfile: profile.optional(),
  instanceTags: textRecord().default({}),
  volumeTags: textRecord().default({}),
  enableDetailedMonitoring: flag().default(false),
  runInstances: describe(z.record(z.string(), z.unknown()), {
    expected: "a mapping as EC2's RunInstances takes it",
    keys: "data",
  }).default({}),
};

/** The schema behind {@link EC2ClusterOptions}. */
export const schema = z.object({ ...vmFields, ...ec2Fields });
