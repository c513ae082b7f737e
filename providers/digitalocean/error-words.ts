import type { ErrorCode } from "../../src/errors.ts";
import type { RequestFailure } from "./request-failure.ts";

interface Where {
  readonly baseUrl: string;
  readonly attempts: number;
}

interface Words {
  readonly code: ErrorCode;
  readonly sentence: string;
}

interface Rule {
  /** HTTP statuses that it is for; none: there was no answer. */
  readonly statuses: readonly (number | undefined)[];
  /** What the code or the message must have, too. */
  readonly about?: RegExp;
  readonly code: ErrorCode;
  readonly say: string | ((where: Where) => string);
}

const again = ({ attempts }: Where): string => (attempts > 1 ? ` in ${attempts} tries` : "");
const server = ({ baseUrl }: Where): string => new URL(baseUrl).host;

/** The first that fits has its way. */
const RULES: readonly Rule[] = [
  {
    statuses: [401],
    code: "AUTH_FAILED",
    say: "DigitalOcean does not accept the API token: it is wrong, has expired or was revoked. Make another at https://cloud.digitalocean.com/account/api/tokens.",
  },
  {
    statuses: [403],
    code: "AUTH_FAILED",
    say: "The API token may not do this: give it the scopes that docs/providers/digitalocean.md lists.",
  },
  {
    statuses: [402, 403, 422],
    about: /\bbilling\b|payment method|account.*(?:locked|suspended)/i,
    code: "AUTH_FAILED",
    say: "DigitalOcean keeps the account from making machines: see https://cloud.digitalocean.com/account/billing.",
  },
  {
    statuses: [422],
    about: /\blimit\b/i,
    code: "QUOTA_EXCEEDED",
    say: "The account's limit is reached. Ask for a higher one at https://cloud.digitalocean.com/account/team/droplet_limit_increase, or take fewer workers.",
  },
  {
    statuses: [422, 503],
    about: /not (?:currently )?available|unavailable|sold out|out of (?:stock|capacity)|capacity/i,
    code: "CAPACITY_UNAVAILABLE",
    say: "DigitalOcean has no such droplet to give in this region just now. Another `size` or `region` may have one.",
  },
  { statuses: [404], code: "CONFIG_INVALID", say: "DigitalOcean does not know what was asked for." },
  { statuses: [400, 422], code: "CONFIG_INVALID", say: "DigitalOcean does not accept the request." },
  {
    statuses: [429],
    code: "PROVIDER_FAILED",
    say: (where) =>
      `DigitalOcean turned the call away${again(where)}: too many calls of this account, 250 in a minute or 5,000 in an hour.`,
  },
  {
    statuses: [undefined],
    about: /ENOTFOUND|EAI_AGAIN/,
    code: "PROVIDER_FAILED",
    say: (where) => `The address of ${server(where)} could not be found${again(where)}: is this computer online?`,
  },
  {
    statuses: [undefined],
    about: /ECONNABORTED|ETIMEDOUT|timeout/i,
    code: "PROVIDER_FAILED",
    say: (where) => `${server(where)} did not answer in time${again(where)}.`,
  },
  {
    statuses: [undefined],
    code: "PROVIDER_FAILED",
    say: (where) => `The connection to ${server(where)} failed${again(where)}.`,
  },
];

export function wordsFor({ status, code, message }: RequestFailure, where: Where): Words {
  const rule = RULES.find(
    ({ statuses, about }) => statuses.includes(status) && (about === undefined || about.test(`${code} ${message}`)),
  );
  if (rule === undefined) {
    const sentence = `DigitalOcean failed${again(where)}: ask again later, and see https://status.digitalocean.com.`;
    return { code: "PROVIDER_FAILED", sentence };
  }
  return { code: rule.code, sentence: typeof rule.say === "string" ? rule.say : rule.say(where) };
}
