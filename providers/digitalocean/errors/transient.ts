import { type ErrorEntry, triesOf } from "../../../src/cloud/errors/error-table.ts";
import { type DropletFailure, REFUSALS } from "./failure.ts";

/** Too many calls. */
export const THROTTLING: readonly ErrorEntry<DropletFailure>[] = [
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
];

/** What ends by itself: resources that are busy. */
export const TRANSIENT: readonly ErrorEntry<DropletFailure>[] = [
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
];
