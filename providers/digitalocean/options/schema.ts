import * as z from "zod";

import { vmFields } from "../../../src/cloud/cloud-options.ts";
import { describe, flag, secret, text, textList } from "../../../src/options/fields.ts";
import { TAG } from "../tags/tags.ts";

const slug = (expected: string): z.ZodString => text({ pattern: /^[a-z0-9][a-z0-9.-]*$/, expected });
const size = slug('the slug of a size such as "s-2vcpu-4gb"');
const image: z.ZodType<string | number> = describe(
  z.union([slug('the slug of an image such as "ubuntu-24-04-x64", or its id'), z.int().positive()]),
  { expected: 'the slug of an image such as "ubuntu-24-04-x64", or its id' },
);
const sshKeys: z.ZodType<readonly (string | number)[]> = describe(
  z.array(z.union([text(), z.int().positive()])).readonly(),
  { expected: "a list of ids or fingerprints of SSH keys" },
);

/** The options of DigitalOcean alone. */
export const digitalOceanFields = {
  token: secret(
    text({ pattern: /^[\x21-\x7e]+$/, expected: "an API token, without spaces or line breaks around it" }),
  ).optional(),
  region: text({ pattern: /^[a-z]{3}\d$/, expected: 'a region such as "nyc3"' }).default("nyc3"),
  size: size.default("s-2vcpu-4gb"),
  schedulerSize: size.optional(),
  workerSize: size.optional(),
  image: image.optional(),
  vpcUuid: text({
    pattern: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    expected: 'the id of a VPC network such as "5a4981aa-9653-4bd1-bef5-d6bff52042e4"',
  }).optional(),
  sshKeys: sshKeys.default([]),
  monitoring: flag().default(false),
  dropletTags: textList({
    each: text({
      pattern: TAG,
      expected: "a tag: letters, digits, `_`, `:` and `-`, 255 at the most",
    }),
  }).default([]),
  createFirewall: flag().default(true),
  extraDropletOptions: describe(z.record(z.string(), z.unknown()), {
    expected: "a mapping as DigitalOcean's create call of droplets takes it",
    keys: "data",
  }).default({}),
};

/** The schema behind {@link DropletClusterOptions}. */
export const schema = z.object({ ...vmFields, ...digitalOceanFields });
