import type { HttpCloudOptions } from "../core/http-cloud.ts";

/** The capacity for a size of droplet. An omitted field matches any. */
export interface CapacityRule {
  readonly region?: string | undefined;
  readonly size?: string | undefined;
  /** Droplets that fit, those that exist already included. */
  readonly droplets: number;
}

/**
 * What a deletion of a droplet that is still `new` comes to: `refused` with 422, `ignored` although it is answered as done. Both were
 * seen; `done` is what the documentation says.
 */
export type YoungDeletions = "done" | "refused" | "ignored";

/** Times are simulated milliseconds. */
export interface SimulatedDigitalOceanOptions extends HttpCloudOptions {
  readonly capacity?: readonly CapacityRule[] | undefined;
  /** The account's limit. @default any number */
  readonly dropletLimit?: number | undefined;
  /** Sizes that the account may not have yet, such as those with GPUs. @default none */
  readonly restrictedSizes?: readonly string[] | undefined;
  /** From the create call until a droplet has its addresses. @default a quarter of `pendingMs` */
  readonly addressMs?: number | undefined;
  /** The most items of a page, whatever `per_page` asks for. @default 200, as the cloud */
  readonly pageSize?: number | undefined;
  /** Whether calls are limited. @default true */
  readonly throttling?: boolean | undefined;
  /** Calls in a simulated minute. @default 250, as the cloud */
  readonly requestsPerMinute?: number | undefined;
  /** Calls in a simulated hour. @default 5000, as the cloud */
  readonly requestsPerHour?: number | undefined;
  /** Operations that the token's scopes do not allow. @default none */
  readonly forbidden?: readonly string[] | undefined;
  /** @default done */
  readonly youngDeletions?: YoungDeletions | undefined;
  /** API tokens that are good. @default one, which `environment()` tells */
  readonly tokens?: readonly string[] | undefined;
  /** Whether the region has a VPC network of its own already. @default true */
  readonly defaultVpc?: boolean | undefined;
}
