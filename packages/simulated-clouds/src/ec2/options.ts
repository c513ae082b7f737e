import type { HttpCloudOptions } from "../core/http-cloud.ts";

export type Market = "on-demand" | "spot";

/** How many instances a zone has room for. A field that is left out stands for any. */
export interface CapacityRule {
  readonly zone?: string | undefined;
  readonly instanceType?: string | undefined;
  readonly market?: Market | undefined;
  /** Instances that fit, those that are there already included. */
  readonly instances: number;
}

/** Which quota an instance type counts for: by the first letters of its name. */
export type QuotaFamily = "standard" | "g" | "p";

/** What the account may have at the same time. What is left out has no limit. */
export interface Quotas {
  /** Virtual CPUs of on-demand instances. */
  readonly vcpus?: Partial<Readonly<Record<QuotaFamily, number>>> | undefined;
  /** Virtual CPUs of spot instances. */
  readonly spotVcpus?: Partial<Readonly<Record<QuotaFamily, number>>> | undefined;
  /** Instances of a type (the older kind of limit). */
  readonly instances?: Readonly<Record<string, number>> | undefined;
  /** Whether a request for more than the quota leaves is refused whole, also where `MinCount` would fit. @default false */
  readonly refuseWhole?: boolean | undefined;
}

export interface SimulatedEc2Options extends HttpCloudOptions {
  /** @default "us-east-1" */
  readonly region?: string | undefined;
  /** Whether the account has a default VPC, with a default subnet in every zone. @default true */
  readonly defaultVpc?: boolean | undefined;
  /** The most results of a page, whatever `MaxResults` asks for. @default 1000 */
  readonly pageSize?: number | undefined;
  /** Whether calls are limited at the rates that AWS documents. @default false */
  readonly throttling?: boolean | undefined;
  readonly capacity?: readonly CapacityRule[] | undefined;
  readonly quotas?: Quotas | undefined;
  /** Names of key pairs that exist. @default ["my-key"] */
  readonly keyPairs?: readonly string[] | undefined;
  /** Names of IAM instance profiles that exist. @default ["dask-profile"] */
  readonly instanceProfiles?: readonly string[] | undefined;
  /** Whether the account has the role that spot machines need; without it the first spot machine makes it. @default true */
  readonly spotRole?: boolean | undefined;
  /** From the end of an instance until its network interface is detached and gone, in simulated milliseconds. @default 3_000 */
  readonly detachMs?: number | undefined;
  /** Whether calls that change what was just made do not find it either until lists show it, as happens on AWS. @default true */
  readonly lagEverywhere?: boolean | undefined;
  /** From the create call until a public address is shown, in simulated milliseconds. @default 3_000 */
  readonly addressMs?: number | undefined;
  /** From the create call until an IPv6 address is shown, in simulated milliseconds. @default 0 */
  readonly ipv6Ms?: number | undefined;
  /** How old a console output is without `Latest`, in simulated milliseconds. @default 60_000 */
  readonly consoleLagMs?: number | undefined;
  /** How long terminated instances are still shown, in simulated milliseconds. @default 3_600_000 */
  readonly terminatedShownMs?: number | undefined;
}
