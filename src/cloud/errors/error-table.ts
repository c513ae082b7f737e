import { types } from "node:util";

import type { ErrorCode, Meaning } from "../../errors.ts";

/** A failed call, operation or machine of any cloud. */
export interface CloudFailure {
  /** What was asked, such as `RunInstances`. */
  readonly action: string;
  /** The cloud's own short words for what went wrong, the most telling one first; empty where it said none. */
  readonly codes: readonly string[];
  /** The HTTP status; undefined where there was no answer, or an operation failed after it was accepted. */
  readonly status: number | undefined;
  /** The cloud's sentence. */
  readonly message: string;
  /** How often the call was made. */
  readonly attempts: number;
}

/** One rule of a cloud's table. A condition that is left out matches everything. */
export interface ErrorEntry<Failure extends CloudFailure> {
  /** The cloud's codes: each by its full name, or a pattern for a family of them. */
  readonly codes?: readonly string[] | RegExp;
  readonly statuses?: readonly (number | undefined)[];
  /** Matches the cloud's sentence. */
  readonly about?: RegExp;
  /** What was asked. */
  readonly actions?: RegExp;
  /** A condition that only code can express. */
  readonly when?: (failure: Failure) => boolean;
  readonly meaning: Meaning;
  /** Whether another zone, machine type or capacity type may succeed. Default: for `capacity` and `quota`. */
  readonly elsewhere?: boolean;
  /** Default: the one that goes with the meaning. */
  readonly code?: ErrorCode;
  /** What it means to the user, and the next step. */
  readonly say: string | ((failure: Failure) => string);
}

/** What a failure means, and how it is told. */
export interface Explained {
  readonly code: ErrorCode;
  readonly meaning: Meaning;
  readonly elsewhere: boolean;
  readonly sentence: string;
}

const CODES: Readonly<Record<Meaning, ErrorCode>> = {
  transient: "PROVIDER_FAILED",
  throttled: "PROVIDER_FAILED",
  capacity: "CAPACITY_UNAVAILABLE",
  quota: "QUOTA_EXCEEDED",
  policy: "CONFIG_INVALID",
  permission: "AUTH_FAILED",
  credentials: "AUTH_FAILED",
  configuration: "CONFIG_INVALID",
  gone: "PROVIDER_FAILED",
  unknown: "PROVIDER_FAILED",
};

/** The errors of one cloud. The first matching rule wins; where none matches, the HTTP status decides. */
export class ErrorTable<Failure extends CloudFailure> {
  readonly #cloud: string;
  readonly entries: readonly ErrorEntry<Failure>[];

  /** @param cloud its name, as the subject of a sentence */
  constructor(cloud: string, entries: readonly ErrorEntry<Failure>[]) {
    this.#cloud = cloud;
    this.entries = entries;
  }

  explain(failure: Failure): Explained {
    const entry: ErrorEntry<Failure> = this.entries.find((each) => matches(each, failure)) ?? this.#byStatus(failure);
    const { meaning, say, code = CODES[meaning], elsewhere = meaning === "capacity" || meaning === "quota" } = entry;
    return { code, meaning, elsewhere, sentence: typeof say === "string" ? say : say(failure) };
  }

  /** Whether a rule matches, and not only the HTTP status decides. */
  knows(failure: Failure): boolean {
    return this.entries.some((each) => matches(each, failure));
  }

  #byStatus({ status, action, attempts }: Failure): ErrorEntry<Failure> {
    const cloud = this.#cloud;
    const tries = triesOf({ attempts });
    if (status === undefined) return { meaning: "unknown", say: `${cloud} failed${tries}: it gave no known reason.` };
    if (status >= 500) return { meaning: "transient", say: `${cloud} had an internal error${tries}. Try again later.` };
    if (status === 429) return { meaning: "throttled", say: `${cloud} throttled the call${tries}. Try again later.` };
    if (status === 401) return { meaning: "credentials", say: `${cloud} does not accept the credentials.` };
    if (status === 403) return { meaning: "permission", say: `${cloud} denied ${action} to these credentials.` };
    if (status === 404) return { meaning: "gone", say: `${cloud} did not find what ${action} is about.` };
    if (status === 400 || status === 422)
      return { meaning: "configuration", say: `${cloud} rejected ${action}: it cannot do what the options ask for.` };
    return { meaning: "unknown", say: `${cloud} refused ${action} for a reason that dask-fleet does not know.` };
  }
}

/** ` after 3 attempts`, or nothing after the first. */
export function triesOf({ attempts }: Pick<CloudFailure, "attempts">): string {
  return attempts > 1 ? ` after ${attempts} attempts` : "";
}

function matches<Failure extends CloudFailure>(entry: ErrorEntry<Failure>, failure: Failure): boolean {
  const { codes, statuses, about, actions, when } = entry;
  return (
    (codes === undefined ||
      failure.codes.some((code) => (types.isRegExp(codes) ? codes.test(code) : codes.includes(code)))) &&
    (statuses === undefined || statuses.includes(failure.status)) &&
    (about === undefined || about.test(failure.message)) &&
    (actions === undefined || actions.test(failure.action)) &&
    (when === undefined || when(failure))
  );
}
