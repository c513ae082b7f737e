import type { HttpCloudOptions } from "../core/http-cloud.ts";
import type { AccessTokens } from "./access-tokens.ts";

/** The capacity for a kind of VM. An omitted field matches any. */
export interface CapacityRule {
  readonly vmSize?: string | undefined;
  readonly zone?: string | undefined;
  readonly priority?: "Regular" | "Spot" | undefined;
  /** VMs that fit, those that exist already included. */
  readonly machines: number;
}

/** How many cores a subscription may use in a region; what is left out is unlimited. */
export interface Quotas {
  /** Of all VMs that are no Spot VMs ("Total Regional Cores"). */
  readonly vcpus?: number | undefined;
  readonly spotVcpus?: number | undefined;
  /** By family, such as `standardDSv2Family`. */
  readonly family?: Readonly<Record<string, number>> | undefined;
}

/** Times are simulated milliseconds. */
export interface SimulatedAzureOptions extends HttpCloudOptions {
  readonly capacity?: readonly CapacityRule[] | undefined;
  readonly quotas?: Quotas | undefined;
  /** From the create call until a VM's network interface and its addresses are known. @default a quarter of `pendingMs` */
  readonly addressMs?: number | undefined;
  /** From the create call until a VM's provisioning has succeeded. @default a little more than `pendingMs` */
  readonly provisionedMs?: number | undefined;
  /** From the create call until it is found that there is no room for a VM. @default half of `pendingMs` */
  readonly allocationMs?: number | undefined;
  /** How long writes to security groups and networks take. @default 1_000 */
  readonly networkMs?: number | undefined;
  /** How long what was made is unknown to those who ask for it by name. @default 0 */
  readonly getLagMs?: number | undefined;
  /** How long a scale set goes on telling the number of machines that it had before. @default `listLagMs` */
  readonly capacityLagMs?: number | undefined;
  /** How long the interface of a VM that could not be made is kept, and cannot be deleted; 180_000 in the cloud. @default 0 */
  readonly nicReservedMs?: number | undefined;
  /** The most items of a page of a list. @default 200 */
  readonly pageSize?: number | undefined;
  /** Whether there are rate limits. @default true */
  readonly throttling?: boolean | undefined;
  /** Writes of a kind (PutVM, DeleteVM …) in a simulated minute, three times as many at once. @default 500, as the cloud */
  readonly writesPerMinute?: number | undefined;
  /** Reads in a simulated minute, three times as many at once. @default 8000, as the cloud */
  readonly readsPerMinute?: number | undefined;
  /** Writes to one VM or scale set in a simulated minute, three times as many at once. @default 4, as the cloud */
  readonly resourceWritesPerMinute?: number | undefined;
  /** Reads of one VM or scale set, those of its operations included, likewise. @default 12, as the cloud */
  readonly lowCostGetPerMinute?: number | undefined;
  /** Whether the VMs of a scale set bear its tags, of which the documents say nothing. @default true */
  readonly memberTags?: boolean | undefined;
  /** Operations that the caller has no right to. @default none */
  readonly forbidden?: readonly string[] | undefined;
  /** Who tokens are for, beside the endpoint itself. @default "https://management.azure.com/" */
  readonly audience?: string | undefined;
  /** How long a token is good for, in real seconds. @default 3600 */
  readonly tokenLifetimeSeconds?: number | undefined;
  /** Where tokens are known that another authority gives. @default the cloud's own */
  readonly tokens?: AccessTokens | undefined;
  /** Managed identities in the resource group, by name. @default "dask-identity" */
  readonly identities?: readonly string[] | undefined;
  /** The status of the faults `error-before` and `error-after`. @default 500 */
  readonly internalErrorStatus?: 500 | 503 | undefined;
}
