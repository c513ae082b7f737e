import * as z from "zod";

import { roleTypeFields, vmFields, vmGroupFields } from "../../../src/cloud/cloud-schema.ts";
import { aliasOf, describe, flag, gibibytes, secret, text, textList } from "../../../src/options/fields.ts";
import { ofGroup, workersField } from "../../../src/provider/groups/group-fields.ts";
import { TAG } from "../tags/tags.ts";

const slug = (expected: string): z.ZodString => text({ pattern: /^[a-z0-9][a-z0-9.-]*$/, expected });
const size = slug('the slug of a size such as "s-2vcpu-4gb"');
const image = describe(
  z.union([slug('the slug of an image such as "ubuntu-24-04-x64", or its id'), z.int().positive()]),
  { expected: 'the slug of an image such as "ubuntu-24-04-x64", or its id' },
);
const sshKeys = describe(z.array(z.union([text({ pattern: /^[^\s,]+$/ }), z.int().positive()])).readonly(), {
  expected: "a list of ids or fingerprints of SSH keys",
});

/** The options of DigitalOcean alone. */
export const digitalOceanFields = {
  token: describe(
    secret(
      text({ pattern: /^[\x21-\x7e]+$/, expected: "an API token, without spaces or line breaks around it" }),
    ).optional(),
    {
      description: "The API token. It is never written to the cluster's record or sent to a machine.",
      absent: "`DIGITALOCEAN_TOKEN` or `DIGITALOCEAN_ACCESS_TOKEN`, as in DigitalOcean's own tools",
    },
  ),
  region: describe(text({ pattern: /^[a-z]{3}\d$/, expected: 'a region such as "nyc3"' }).default("nyc3"), {
    description: "The region of the droplets.",
  }),
  instanceType: describe(size.default("s-2vcpu-4gb"), {
    description: "The size of the scheduler's and the workers' droplets. The default has 2 vCPUs and 4 GiB.",
  }),
  size: aliasOf("instanceType", size),
  ...roleTypeFields(size),
  schedulerSize: aliasOf("schedulerInstanceType", size),
  workerSize: aliasOf("workerInstanceType", size),
  diskSize: describe(gibibytes({ min: 1 }).optional(), {
    description:
      "Minimum GB of each droplet's disk. The disk comes with `instanceType`: a start fails if it is smaller.",
    absent: "any",
  }),
  image: describe(image.optional(), {
    description:
      "The image of all droplets, an Ubuntu or Debian unless `bootstrap` is false. A slug such as `ubuntu-24-04-x64`, or the id of your own image or snapshot.",
    absent: "the newest Ubuntu LTS, looked up at the start",
  }),
  vpcUuid: describe(
    text({
      pattern: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
      expected: 'the id of a VPC network such as "5a4981aa-9653-4bd1-bef5-d6bff52042e4"',
    }).optional(),
    { description: "The VPC network, by its id.", absent: "the region's own" },
  ),
  sshKeys: describe(sshKeys.default([]), {
    description: "SSH keys for root, by id or fingerprint. The cluster's own firewall does not open SSH.",
  }),
  monitoring: describe(flag().default(false), {
    description: "Whether DigitalOcean's metrics agent is installed. It is free.",
  }),
  dropletTags: describe(
    textList({
      each: text({
        pattern: TAG,
        expected: "a tag: letters, digits, `_`, `:` and `-`, 255 at the most",
      }),
    }).default([]),
    {
      description:
        "More tags of the droplets: names without values, as on DigitalOcean. A firewall that you apply to such a tag applies to the droplets.",
    },
  ),
  createFirewall: describe(flag().default(true), {
    description:
      "Whether cloud firewalls are created for the cluster and removed with it. With `false`, your own firewall must admit members among themselves, and you at ports 8786 and 8788 of the scheduler. Apply it to a tag of `dropletTags`.",
  }),
  extraDropletOptions: describe(z.record(z.string(), z.unknown()).readonly(), {
    description:
      "More fields of the create call for droplets, by DigitalOcean's names: `{ ipv6: true }`. They are merged last into each request. Fields with an option of their own, and those that dask-fleet needs to find and remove droplets, are refused.",
    expected: "a mapping as DigitalOcean's create call of droplets takes it",
    keys: "data",
  }).default({}),
};

const groupFields = {
  ...vmGroupFields,
  instanceType: describe(size.optional(), {
    description: "The size of the group's droplets.",
    absent: "the cluster's",
  }),
  ...ofGroup(
    digitalOceanFields,
    "size",
    "diskSize",
    "image",
    "sshKeys",
    "monitoring",
    "dropletTags",
    "extraDropletOptions",
  ),
};

/** The schema behind {@link DropletClusterOptions}. */
export const schema = z.object({
  ...vmFields,
  ...digitalOceanFields,
  workers: workersField(groupFields, {
    name: "DropletWorkerGroupOptions",
    about: "A group of workers on DigitalOcean: its size, and options that override the cluster's.",
  }),
});
