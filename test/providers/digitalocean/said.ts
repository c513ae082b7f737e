import type { Meaning } from "../../../src/errors.ts";

/** An answer that DigitalOcean gives, or gave somebody once, and what it has to mean. */
export interface Said {
  readonly action: string;
  readonly status: number | undefined;
  /** DigitalOcean's `id`, or the network's code. */
  readonly id: string;
  readonly message: string;
  readonly meaning: Meaning;
  /** What the sentence for the user names: the option, the page, the next step. */
  readonly names: RegExp;
  readonly headers?: Readonly<Record<string, string>>;
}

const CREATE = "POST /v2/droplets";
const DELETE = "DELETE /v2/droplets/{id}";
const FIREWALL = "POST /v2/firewalls";
const LIST = "GET /v2/droplets";

function all(
  meaning: Meaning,
  names: RegExp,
  ...said: readonly [action: string, status: number | undefined, id: string, message: string][]
): readonly Said[] {
  return said.map(([action, status, id, message]) => ({ action, status, id, message, meaning, names }));
}

const UNPROCESSABLE = "unprocessable_entity";

export const SAID: readonly Said[] = [
  ...all(
    "credentials",
    /API token: it is wrong, expired or revoked.*\/account\/api\/tokens/,
    [LIST, 401, "Unauthorized", "Unable to authenticate you"],
    [LIST, 401, "unauthorized", "Unable to authenticate you."],
  ),
  ...all(
    "permission",
    /scope.*docs\/providers\/digitalocean\.md/,
    [FIREWALL, 403, "Forbidden", "You are not authorized to perform this operation"],
    [CREATE, 403, "forbidden", "You do not have access for the attempted action."],
    [
      DELETE,
      403,
      "translation missing: en.status_code.forbidden.id",
      "You do not have access for the attempted action.",
    ],
  ),
  ...all(
    "permission",
    /locked the account.*the token is fine/,
    [CREATE, 403, "forbidden", "Your account is locked. Please contact support."],
    [CREATE, 403, "forbidden", "This account has been suspended"],
    [CREATE, 422, UNPROCESSABLE, "Your account has been temporarily locked pending verification"],
    [LIST, 401, "unauthorized", "Account is disabled"],
    [CREATE, 403, "forbidden", "Locked account: open a ticket"],
  ),
  ...all(
    "permission",
    /payment.*\/account\/billing/,
    [CREATE, 402, "payment_required", ""],
    [CREATE, 403, "forbidden", "Please add a valid payment method to create a Droplet."],
    [CREATE, 422, UNPROCESSABLE, "You must verify your email address first."],
    [CREATE, 422, UNPROCESSABLE, "Your balance is past due."],
  ),
  ...all("unknown", /a proxy, or DigitalOcean's protection against bots/, [LIST, 403, "", ""]),
  ...all("credentials", /HTTPS_PROXY to http:\/\/user:password@host:port/, [LIST, 407, "", ""]),
  ...all(
    "quota",
    /droplet_limit_increase.*fewer workers/,
    [CREATE, 422, UNPROCESSABLE, "creating this/these droplet(s) will exceed your droplet limit"],
    [CREATE, 422, UNPROCESSABLE, "droplet limit exceeded"],
    [CREATE, 422, UNPROCESSABLE, "24 additional nodes but not enough available droplet limit"],
    [CREATE, 403, "forbidden", "You have reached the limit of Droplets for your account"],
  ),
  ...all("quota", /smaller `instanceType`/, [
    CREATE,
    422,
    UNPROCESSABLE,
    "This size is currently restricted please send an additional payment to unlock.",
  ]),
  ...all(
    "quota",
    /`createFirewall: false`/,
    [FIREWALL, 422, UNPROCESSABLE, "You have reached your firewall limit"],
    [FIREWALL, 409, "conflict", "limit of 10 firewalls reached"],
  ),
  ...all(
    "capacity",
    /no Droplets of this size in this region right now\. Another `instanceType` or `region`/,
    [CREATE, 422, UNPROCESSABLE, "Region is not available"],
    [CREATE, 422, UNPROCESSABLE, "Size is not available in this region."],
    [CREATE, 422, UNPROCESSABLE, "The region is currently unavailable"],
    [CREATE, 422, UNPROCESSABLE, "size is unavailable"],
    [CREATE, 422, UNPROCESSABLE, "Droplets are sold out in this region"],
    [
      CREATE,
      422,
      UNPROCESSABLE,
      "Due to limited availability we have temporarily disabled droplet creation in this region.",
    ],
    [CREATE, 503, "service_unavailable", "Not enough capacity in this region"],
  ),
  ...all(
    "transient",
    /busy with an earlier action/,
    [DELETE, 422, UNPROCESSABLE, "Droplet already has a pending event."],
    ["DELETE /v2/droplets", 422, UNPROCESSABLE, "Droplet already has a pending event."],
    [DELETE, 422, UNPROCESSABLE, "Droplet is currently locked"],
    ["DELETE /v2/firewalls/{id}", 409, "conflict", "firewall is still in use"],
  ),
  ...all(
    "transient",
    /present state/,
    [DELETE, 412, "precondition_failed", "the precondition was not met"],
    ["DELETE /v2/tags/{tag}", 409, "conflict", ""],
    [DELETE, 423, "locked", ""],
  ),
  ...all("transient", /exists already/, [FIREWALL, 409, "conflict", "duplicate name"]),
  ...all("transient", /tag does not exist for the firewall yet/, [
    FIREWALL,
    422,
    UNPROCESSABLE,
    "tag dask-fleet:cluster-name:x not found",
  ]),
  ...all(
    "configuration",
    /`sshKeys` option: ids or fingerprints/,
    [CREATE, 422, UNPROCESSABLE, "You specified invalid ssh key ids for Droplet creation."],
    [CREATE, 422, UNPROCESSABLE, "f8:4c:bc:91:d5:74 are invalid key identifiers for Droplet creation."],
  ),
  ...all(
    "configuration",
    /`image`, `region` and `instanceType` options/,
    [CREATE, 422, UNPROCESSABLE, "You specified an invalid image for Droplet creation."],
    [CREATE, 422, UNPROCESSABLE, "Image is not available in this region."],
    [
      CREATE,
      422,
      UNPROCESSABLE,
      "The image you specified is not available in the selected region, you can transfer it to this region from the images pages.",
    ],
    [CREATE, 422, UNPROCESSABLE, "Size is too small for this image."],
  ),
  ...all(
    "configuration",
    /`workerInstanceType` options/,
    [CREATE, 422, UNPROCESSABLE, "You specified an invalid size for Droplet creation."],
    [CREATE, 422, UNPROCESSABLE, "Size does not exist"],
  ),
  ...all("configuration", /`region` option: `doctl compute region list`/, [
    CREATE,
    422,
    UNPROCESSABLE,
    "You specified an invalid region for Droplet creation.",
  ]),
  ...all(
    "configuration",
    /`vpcUuid` and `region` options/,
    [CREATE, 422, UNPROCESSABLE, "VPC is not valid for this region."],
    [CREATE, 422, UNPROCESSABLE, "The VPC was not found"],
  ),
  ...all(
    "configuration",
    /`extraDropletOptions` and `monitoring`/,
    [CREATE, 422, UNPROCESSABLE, "IPv6 is not available in this region."],
    [CREATE, 422, UNPROCESSABLE, "Backups are not supported for this size."],
  ),
  ...all("configuration", /64 KiB/, [CREATE, 422, UNPROCESSABLE, "User data is too big"]),
  ...all("configuration", /fewer Droplets in one call/, [
    CREATE,
    422,
    UNPROCESSABLE,
    "You can only create 10 droplets at a time",
  ]),
  ...all("configuration", /`tags` and `dropletTags`/, [
    CREATE,
    422,
    UNPROCESSABLE,
    "Tag name contains invalid characters",
  ]),
  ...all("configuration", /`name` option/, [
    CREATE,
    422,
    UNPROCESSABLE,
    "Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)",
  ]),
  ...all(
    "configuration",
    /`allowedCidrs`/,
    [FIREWALL, 422, UNPROCESSABLE, "invalid address"],
    [FIREWALL, 400, "bad_request", "too many rules"],
  ),
  ...all("configuration", /options name does not exist/, [
    CREATE,
    404,
    "not_found",
    "The resource you were accessing could not be found.",
  ]),
  ...all("configuration", /`endpoint`/, [LIST, 405, "method_not_allowed", ""]),
  ...all(
    "configuration",
    /options ask for/,
    [CREATE, 422, UNPROCESSABLE, "something new"],
    [CREATE, 400, "bad_request", ""],
  ),
  ...all(
    "gone",
    /did not find|any more/,
    [DELETE, 404, "not_found", "The resource you were accessing could not be found."],
    [LIST, 410, "gone", ""],
  ),
  {
    action: LIST,
    status: 429,
    id: "too_many_requests",
    message: "API Rate limit exceeded.",
    meaning: "throttled",
    names: /calls of this hour \(5,000\) are used up/,
    headers: { "ratelimit-remaining": "0" },
  },
  {
    action: LIST,
    status: 429,
    id: "too_many_requests",
    message: "Too many requests",
    meaning: "throttled",
    names: /in a minute \(250\)/,
    headers: { "ratelimit-remaining": "4711" },
  },
  ...all(
    "transient",
    /internal error/,
    [LIST, 500, "server_error", "Unexpected server-side error"],
    [LIST, 503, "service_unavailable", "Server Unavailable"],
    [LIST, 502, "", ""],
    [LIST, 504, "", ""],
  ),
  ...all("unknown", /redirection.*proxy and endpoint/, [LIST, 302, "", ""]),
  ...all(
    "transient",
    /api\.digitalocean\.com was not found.*network connection/,
    [LIST, undefined, "ENOTFOUND", "getaddrinfo ENOTFOUND"],
    [LIST, undefined, "EAI_AGAIN", "getaddrinfo EAI_AGAIN"],
  ),
  ...all(
    "transient",
    /did not answer in time.*HTTPS_PROXY/,
    [LIST, undefined, "ETIMEDOUT", "no whole answer in time"],
    [LIST, undefined, "ECONNABORTED", "timeout"],
  ),
  ...all(
    "transient",
    /connection to api\.digitalocean\.com failed.*HTTPS_PROXY/,
    [LIST, undefined, "ECONNREFUSED", "connect ECONNREFUSED"],
    [LIST, undefined, "ECONNRESET", "socket hang up"],
    [LIST, undefined, "", ""],
  ),
  ...all(
    "configuration",
    /NODE_EXTRA_CA_CERTS/,
    [LIST, undefined, "SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain"],
    [LIST, undefined, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unable to get local issuer certificate"],
  ),
];
