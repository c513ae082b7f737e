import type { TimeSource } from "../core/clock.ts";
import { type BucketSize, TokenBucket } from "../core/token-bucket.ts";
import { Ec2Error } from "./errors.ts";

/**
 * The rates of https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html: every API has buckets of its own, for
 * requests, and some also for the resources that a request is about.
 */
const READING: BucketSize = { capacity: 100, refillPerSecond: 20 };
const READING_EVERYTHING: BucketSize = { capacity: 50, refillPerSecond: 10 };
const CHANGING: BucketSize = { capacity: 50, refillPerSecond: 5 };
const REQUESTS: Readonly<Record<string, BucketSize>> = {
  RunInstances: { capacity: 5, refillPerSecond: 2 },
  TerminateInstances: { capacity: 100, refillPerSecond: 5 },
  CreateTags: { capacity: 100, refillPerSecond: 10 },
  DeleteTags: { capacity: 100, refillPerSecond: 10 },
  DeleteVolume: { capacity: 100, refillPerSecond: 5 },
};
const RESOURCES: Readonly<Record<string, BucketSize>> = {
  RunInstances: { capacity: 1000, refillPerSecond: 2 },
  TerminateInstances: { capacity: 1000, refillPerSecond: 20 },
};
/** A smaller bucket where neither a filter nor a page size is given. */
const SMALLER_WITHOUT_FILTER = new Set([
  "DescribeInstances",
  "DescribeInstanceStatus",
  "DescribeNetworkInterfaces",
  "DescribeSecurityGroups",
  "DescribeSpotInstanceRequests",
  "DescribeVolumes",
]);

/** Throttles calls. */
export class Throttle {
  readonly #clock: TimeSource;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(clock: TimeSource) {
    this.#clock = clock;
  }

  /** @throws Ec2Error `RequestLimitExceeded` where a bucket is empty. */
  admit(operation: string, input: Readonly<Record<string, unknown>>): void {
    const everything = SMALLER_WITHOUT_FILTER.has(operation) && !isNarrow(input);
    const size = REQUESTS[operation] ?? (isReading(operation) ? READING : CHANGING);
    this.#take(`${operation}${everything ? " of everything" : ""}`, everything ? READING_EVERYTHING : size, 1);
    const resources = RESOURCES[operation];
    if (resources !== undefined) this.#take(`resources of ${operation}`, resources, resourcesOf(input));
  }

  #take(name: string, size: BucketSize, tokens: number): void {
    const bucket = this.#buckets.get(name) ?? new TokenBucket(size, this.#clock);
    this.#buckets.set(name, bucket);
    if (!bucket.take(tokens)) throw requestLimitExceeded();
  }
}

export function requestLimitExceeded(): Ec2Error {
  return new Ec2Error("RequestLimitExceeded", "Request limit exceeded.", 503);
}

function isReading(operation: string): boolean {
  return /^(?:Describe|Get|List|Search)/u.test(operation);
}

function isNarrow(input: Readonly<Record<string, unknown>>): boolean {
  return input["Filters"] !== undefined || input["MaxResults"] !== undefined || input["NextToken"] !== undefined;
}

function resourcesOf(input: Readonly<Record<string, unknown>>): number {
  const { MaxCount: count, InstanceIds: ids } = input;
  if (typeof count === "number") return count;
  return Array.isArray(ids) ? ids.length : 1;
}
