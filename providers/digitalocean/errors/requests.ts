import type { ErrorEntry } from "../../../src/cloud/errors/error-table.ts";
import { type DropletFailure, INVALID } from "./failure.ts";

const MACHINES = /^POST \/v2\/droplets$/;
const FIREWALLS = /\/v2\/firewalls/;

/** What the options ask for and is not there, in words that could be taken for a lack of capacity. */
export const LACKING: readonly ErrorEntry<DropletFailure>[] = [
  {
    statuses: INVALID,
    about: /\bimage\b/i,
    meaning: "configuration",
    say: "DigitalOcean does not accept the image: it does not exist, is in another region, or needs a larger disk. Check the `image`, `region` and `instanceType` options.",
  },
  {
    statuses: INVALID,
    about: /\bvpc\b/i,
    meaning: "configuration",
    say: "DigitalOcean does not accept the VPC network: it does not exist or is in another region. Check the `vpcUuid` and `region` options.",
  },
  {
    statuses: INVALID,
    about: /ssh.?keys?\b|key identifiers?/i,
    meaning: "configuration",
    say: "An SSH key does not exist in this account. Check the `sshKeys` option: ids or fingerprints, as `doctl compute ssh-key list` shows them.",
  },
  {
    statuses: INVALID,
    about: /(?:ipv6|backups?|monitoring|metadata|private networking) (?:is|are) not (?:available|supported)/i,
    meaning: "configuration",
    say: "The region or the size does not have a feature that was asked for. Check the `extraDropletOptions` and `monitoring` options.",
  },
  {
    statuses: INVALID,
    about: /at a time|no more than \d+ droplets/i,
    meaning: "configuration",
    say: "DigitalOcean accepts fewer Droplets in one call.",
  },
];

/** What the options ask for and DigitalOcean cannot do or does not have. */
export const REQUESTS: readonly ErrorEntry<DropletFailure>[] = [
  {
    statuses: INVALID,
    about: /invalid size|size .{0,30}(?:small|large|invalid|exist)/i,
    meaning: "configuration",
    say: "DigitalOcean does not have this size, or not for this image. Check the `instanceType`, `schedulerInstanceType` and `workerInstanceType` options: `doctl compute size list`.",
  },
  {
    statuses: INVALID,
    about: /invalid region|region .{0,30}(?:invalid|exist|unknown)/i,
    meaning: "configuration",
    say: "DigitalOcean does not have this region. Check the `region` option: `doctl compute region list`.",
  },
  {
    statuses: INVALID,
    about: /user.?data/i,
    meaning: "configuration",
    say: "DigitalOcean does not accept the user data. It takes 64 KiB: shorten `extraBootstrap` and `envVars`.",
  },
  {
    statuses: INVALID,
    actions: FIREWALLS,
    about: /\btags?\b/i,
    meaning: "transient",
    say: "The cluster's tag does not exist for the firewall yet. Try again later.",
  },
  {
    statuses: INVALID,
    actions: FIREWALLS,
    about: /address|source|\brules?\b|cidr/i,
    meaning: "configuration",
    say: "The firewall does not accept these addresses. Check the `allowedCidrs` option: 1,000 ranges at most.",
  },
  {
    statuses: INVALID,
    about: /\btags?\b/i,
    meaning: "configuration",
    say: "DigitalOcean does not accept a tag. Check the `tags` and `dropletTags` options: letters, digits, `_`, `:` and `-`.",
  },
  {
    statuses: INVALID,
    about: /hostname|\bname\b/i,
    meaning: "configuration",
    say: "DigitalOcean does not accept the name. Check the `name` option: letters, digits and `-`.",
  },
  {
    statuses: [404],
    actions: MACHINES,
    meaning: "configuration",
    say: "Something that the options name does not exist. Check `image`, `vpcUuid` and `sshKeys`.",
  },
  { statuses: [410], meaning: "gone", say: "The resource does not exist any more." },
  {
    statuses: [405],
    meaning: "configuration",
    say: ({ server }) => `${server} does not know this call. Check the \`endpoint\` option.`,
  },
];
