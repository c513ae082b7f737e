import type { ErrorEntry } from "../../../src/cloud/errors/error-table.ts";
import { ownFile } from "../../../src/files/own-file.ts";
import { type DropletFailure, REFUSALS } from "./failure.ts";

const TOKENS = "https://cloud.digitalocean.com/account/api/tokens";

/** Accounts that may not make droplets. */
export const ACCOUNT: readonly ErrorEntry<DropletFailure>[] = [
  {
    statuses: [401, ...REFUSALS],
    about:
      /\baccount\b.{0,60}\b(?:locked|suspended|disabled|deactivated|inactive|banned|on hold|under review|restricted)\b|\b(?:locked|suspended|deactivated)\b.{0,20}\baccount\b/i,
    meaning: "permission",
    say: "DigitalOcean has locked the account or does not let it create Droplets; the token is fine. Sign in at https://cloud.digitalocean.com to see why, or ask https://www.digitalocean.com/support.",
  },
  {
    statuses: REFUSALS,
    about: /size is currently restricted|additional payment to unlock|not (?:enabled|eligible) for (?:this )?size/i,
    meaning: "quota",
    say: "The account may not have Droplets of this size yet. Ask for it at https://cloud.digitalocean.com/support/tickets, or take a smaller `instanceType`.",
  },
  {
    statuses: [401, ...REFUSALS],
    about: /\bbilling\b|\bpayment\b|credit card|past due|\bprepay|verif(?:y|ied|ication)/i,
    meaning: "permission",
    say: "DigitalOcean requires a valid payment method or a verified account first. See https://cloud.digitalocean.com/account/billing.",
  },
  {
    statuses: [402],
    meaning: "permission",
    say: "DigitalOcean requires a payment first. See https://cloud.digitalocean.com/account/billing.",
  },
];

/** Who asks. */
export const TOKEN: readonly ErrorEntry<DropletFailure>[] = [
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
];
