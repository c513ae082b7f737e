import type { HttpCloudOptions } from "../core/http-cloud.ts";

/** How many instances of a kind there is room for. A field that is left out stands for any. */
export interface CapacityRule {
  /** As the API names it, or the end of its name, such as `AD-1`. */
  readonly availabilityDomain?: string | undefined;
  /** Such as `FAULT-DOMAIN-1`. */
  readonly faultDomain?: string | undefined;
  readonly shape?: string | undefined;
  readonly preemptible?: boolean | undefined;
  /** Instances that fit, those that exist already included. */
  readonly instances: number;
}

/**
 * What terminating an instance that is still PROVISIONING comes to: `refused` with 409, as something that is being modified.
 * The documentation says nothing of it.
 */
export type YoungTerminations = "done" | "refused";

/** Times are simulated milliseconds. */
export interface SimulatedOciOptions extends HttpCloudOptions {
  /** One of `catalog/regions.ts`; `eu-amsterdam-1` has one availability domain. @default "us-ashburn-1" */
  readonly region?: string | undefined;
  readonly capacity?: readonly CapacityRule[] | undefined;
  /**
   * Where a lack of capacity is told: at once, as 500 "Out of host capacity.", or in the work request of an instance that was accepted,
   * and goes from PROVISIONING to TERMINATED. @default "reply"
   */
  readonly capacityToldIn?: "reply" | "work-request" | undefined;
  /** Service limits by name, such as `standard-e4-core-count`, for each availability domain. @default unlimited */
  readonly limits?: Readonly<Record<string, number>> | undefined;
  /** How long what is terminated still counts for limits: mohankumarpaluru/oracle-freetier-instance-creation#15. @default 0 */
  readonly limitReleaseMs?: number | undefined;
  /** Quotas that the tenancy's own policies set, by the limits' names. @default none */
  readonly quotas?: Readonly<Record<string, number>> | undefined;
  /** How long a GET, or a call that names it, does not find what is new. @default 0 */
  readonly getLagMs?: number | undefined;
  /** From the launch until the list of VNIC attachments has its VNIC. @default a quarter of `pendingMs` */
  readonly vnicMs?: number | undefined;
  /** How long networks and security groups are PROVISIONING. @default 0 */
  readonly networkMs?: number | undefined;
  /** How long a security group still has the VNIC of an instance that is TERMINATED. @default 1_000 */
  readonly groupReleaseMs?: number | undefined;
  /** How long the capture of a console history takes. @default 3_000 */
  readonly consoleMs?: number | undefined;
  /** How long each step of an instance pool takes. @default 2_000 */
  readonly poolStepMs?: number | undefined;
  /** How long an instance pool waits after a launch that failed. @default 60_000 */
  readonly poolRetryMs?: number | undefined;
  /** How long lists still show what is terminated. @default 3_600_000, as the cloud */
  readonly terminatedMs?: number | undefined;
  /** The most items of a page, whatever `limit` asks for. @default 100 */
  readonly pageSize?: number | undefined;
  /** Whether calls are limited. @default true */
  readonly throttling?: boolean | undefined;
  /** Reading calls in a simulated second; twice as many at once. @default 40 */
  readonly readsPerSecond?: number | undefined;
  /** Changing calls in a simulated second; four times as many at once. @default 10 */
  readonly changesPerSecond?: number | undefined;
  /** Operations, such as `LaunchInstance`, that no policy allows: 404. @default none */
  readonly forbidden?: readonly string[] | undefined;
  /** Keys of defined tags by namespace. @default { Operations: ["CostCenter", "Project"] } */
  readonly tagNamespaces?: Readonly<Record<string, readonly string[]>> | undefined;
  /** @default "done" */
  readonly youngTerminations?: YoungTerminations | undefined;
  /** Whether the compartment has a VCN, with a public and a private subnet. @default true */
  readonly vcn?: boolean | undefined;
}
