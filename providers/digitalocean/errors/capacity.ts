import type { ErrorEntry } from "../../../src/cloud/errors/error-table.ts";
import { type DropletFailure, REFUSALS } from "./failure.ts";

const LIMITS = "https://cloud.digitalocean.com/account/team/droplet_limit_increase";

/** What the account has used up. */
export const QUOTAS: readonly ErrorEntry<DropletFailure>[] = [
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
];

/** A lack of droplets for now. A size or region that is never there is refused before anything is made, by DigitalOcean's own lists. */
export const CAPACITY: readonly ErrorEntry<DropletFailure>[] = [
  {
    statuses: [...REFUSALS, 503],
    about:
      /(?:region|size|plan|hardware|droplets?)\b.{0,30}\b(?:not (?:currently )?available|unavailable|sold out|out of stock)|out of (?:stock|capacity)|(?:no|not enough|insufficient|limited|at|lack of) (?:capacity|availability)|temporarily disabled/i,
    meaning: "capacity",
    say: "DigitalOcean has no Droplets of this size in this region right now. Another `instanceType` or `region` may have some.",
  },
];
