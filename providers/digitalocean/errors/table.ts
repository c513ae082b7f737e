import { type CloudFailure, type ErrorEntry, ErrorTable, triesOf } from "../../../src/cloud/errors/error-table.ts";
import { ownFile } from "../../../src/files/own-file.ts";

/** A request that failed, as the table looks at it. */
export interface DropletFailure extends CloudFailure {
  /** The host that was asked. */
  readonly server: string;
  /** Whether the answer says that the calls of this hour are used up. */
  readonly hourIsUsedUp: boolean;
}

const TOKENS = "https://cloud.digitalocean.com/account/api/tokens";
const LIMITS = "https://cloud.digitalocean.com/account/team/droplet_limit_increase";
const REFUSALS = [400, 402, 403, 409, 412, 422, 423];
const INVALID = [400, 422];
const MACHINES = /^POST \/v2\/droplets$/;
const FIREWALLS = /\/v2\/firewalls/;

/**
 * DigitalOcean's errors. Its answer has an `id`, which says no more than the status, and a sentence. The sentence decides.
 * They come from its documentation and from the public reports of doctl, Terraform, Packer and others.
 */
const ENTRIES: readonly ErrorEntry<DropletFailure>[] = [
  // The account
  {
    statuses: [401, ...REFUSALS],
    about:
      /\baccount\b.{0,60}\b(?:locked|suspended|disabled|deactivated|inactive|banned|on hold|under review|restricted)\b|\b(?:locked|suspended|deactivated)\b.{0,20}\baccount\b/i,
    meaning: "permission",
    say: "DigitalOcean has locked the account or keeps it from making Droplets; the token is fine. Sign in at https://cloud.digitalocean.com to see why, or ask https://www.digitalocean.com/support.",
  },
  {
    statuses: REFUSALS,
    about: /size is currently restricted|additional payment to unlock|not (?:enabled|eligible) for (?:this )?size/i,
    meaning: "quota",
    say: "The account may not have Droplets of this size yet. Ask for it at https://cloud.digitalocean.com/support/tickets, or take a smaller `size`.",
  },
  {
    statuses: [401, ...REFUSALS],
    about: /\bbilling\b|\bpayment\b|credit card|past due|\bprepay|verif(?:y|ied|ication)/i,
    meaning: "permission",
    say: "DigitalOcean wants a valid payment method or a verified account first. See https://cloud.digitalocean.com/account/billing.",
  },
  {
    statuses: [402],
    meaning: "permission",
    say: "DigitalOcean wants a payment first. See https://cloud.digitalocean.com/account/billing.",
  },

  // Limits
  {
    statuses: REFUSALS,
    about: /firewall.{0,40}\blimit\b|\blimit\b.{0,40}firewall/i,
    meaning: "quota",
    say: "The account's limit of cloud firewalls is reached. Remove some, or set `createFirewall: false` and use one of yours.",
  },
  {
    statuses: REFUSALS,
    about: /\blimits?\b|\bquota\b|\bmaximum number\b/i,
    meaning: "quota",
    say: `The account's limit is reached. Ask for a higher one at ${LIMITS}, or use fewer workers.`,
  },

  // The token
  {
    statuses: [401],
    meaning: "credentials",
    say: `DigitalOcean does not accept the API token: it is wrong, expired or revoked. Create one at ${TOKENS}.`,
  },
  {
    statuses: [403],
    codes: /./,
    meaning: "permission",
    say: ({ action }) =>
      `The API token lacks a scope for ${action}. Give it the scopes listed in ${ownFile("docs/providers/digitalocean.md")} at ${TOKENS}.`,
  },
  {
    statuses: [403],
    meaning: "unknown",
    say: "The refusal did not come from DigitalOcean's API: a proxy, or DigitalOcean's protection against bots, blocks this computer.",
  },
  {
    statuses: [407],
    meaning: "credentials",
    say: "The proxy asks for credentials. Set HTTPS_PROXY to http://user:password@host:port.",
  },

  // Calls
  {
    statuses: [429],
    when: ({ hourIsUsedUp }) => hourIsUsedUp,
    meaning: "throttled",
    say: (failure) =>
      `DigitalOcean throttled the call${triesOf(failure)}: the account's calls of this hour (5,000) are used up. Try again later.`,
  },
  {
    statuses: [429],
    meaning: "throttled",
    say: (failure) =>
      `DigitalOcean throttled the call${triesOf(failure)}: too many calls of this account in a minute (250). Try again later.`,
  },

  // What is busy
  {
    statuses: REFUSALS,
    about:
      /pending event|(?:droplet|resource) is (?:currently )?locked|still (?:in use|being)|another (?:action|event)|in progress/i,
    meaning: "transient",
    say: "DigitalOcean is still busy with an earlier action on this resource. Try again later.",
  },
  {
    statuses: [409],
    about: /duplicate name/i,
    meaning: "transient",
    say: "A resource of this name exists already, but DigitalOcean does not list it yet. Try again later.",
  },
  {
    statuses: [409, 412, 423],
    meaning: "transient",
    say: ({ action }) => `DigitalOcean cannot do ${action} in the resource's present state. Try again later.`,
  },

  // What the options ask for, where the sentence could be taken for a lack
  {
    statuses: INVALID,
    about: /\bimage\b/i,
    meaning: "configuration",
    say: "DigitalOcean does not accept the image: it does not exist, is in another region, or needs a larger disk. Check the `image`, `region` and `size` options.",
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
    say: "DigitalOcean takes fewer Droplets in one call.",
  },

  // Room. A size or region that is never there is refused before anything is made, by DigitalOcean's own lists.
  {
    statuses: [...REFUSALS, 503],
    about:
      /(?:region|size|plan|hardware|droplets?)\b.{0,30}\b(?:not (?:currently )?available|unavailable|sold out|out of stock)|out of (?:stock|capacity)|(?:no|not enough|insufficient|limited|at|lack of) (?:capacity|availability)|temporarily disabled/i,
    meaning: "capacity",
    say: "DigitalOcean has no Droplets of this size in this region right now. Another `size` or `region` may have some.",
  },

  // Options
  {
    statuses: INVALID,
    about: /invalid size|size .{0,30}(?:small|large|invalid|exist)/i,
    meaning: "configuration",
    say: "DigitalOcean does not have this size, or not for this image. Check the `size`, `schedulerSize` and `workerSize` options: `doctl compute size list`.",
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
    say: "The firewall does not take these addresses. Check the `allowedCidrs` option: 1,000 ranges at most.",
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

  // No answer of DigitalOcean's
  {
    statuses: [300, 301, 302, 303, 307, 308],
    meaning: "unknown",
    say: ({ server }) => `${server} answered with a redirection, as DigitalOcean does not. Check proxy and endpoint.`,
  },
  {
    statuses: [undefined],
    codes: ["ENOTFOUND", "EAI_AGAIN"],
    meaning: "transient",
    say: (failure) =>
      `The address of ${failure.server} was not found${triesOf(failure)}. Check the network connection.`,
  },
  {
    statuses: [undefined],
    about: /certificate|self.signed/i,
    meaning: "configuration",
    say: ({ server }) =>
      `The certificate of ${server} is not trusted. Behind a proxy that opens TLS, set NODE_EXTRA_CA_CERTS to its CA's file.`,
  },
  {
    statuses: [undefined],
    codes: /^(?:ECONNABORTED|ETIMEDOUT)$/,
    meaning: "transient",
    say: (failure) =>
      `${failure.server} did not answer in time${triesOf(failure)}. Check the network connection and HTTPS_PROXY.`,
  },
  {
    statuses: [undefined],
    meaning: "transient",
    say: (failure) =>
      `The connection to ${failure.server} failed${triesOf(failure)}. Check the network connection and HTTPS_PROXY.`,
  },
];

export const DROPLET_ERRORS = new ErrorTable<DropletFailure>("DigitalOcean", ENTRIES);
