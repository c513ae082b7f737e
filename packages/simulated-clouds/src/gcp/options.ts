import type { HttpCloudOptions } from "../core/http-cloud.ts";

/** How a VM is paid for, as in `scheduling.provisioningModel`. */
export type ProvisioningModel = "STANDARD" | "SPOT";

/** How many VMs of a kind a zone has room for. A field that is left out stands for any. */
export interface CapacityRule {
  readonly zone?: string | undefined;
  readonly machineType?: string | undefined;
  readonly provisioningModel?: ProvisioningModel | undefined;
  /** VMs that fit, those that exist already included. */
  readonly vms: number;
  /** What the cloud calls the lack of more. @default "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS" */
  readonly code?: "ZONE_RESOURCE_POOL_EXHAUSTED" | "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS" | undefined;
}

/** A VPC network beside `default`. */
export interface NetworkOptions {
  /** The project it lies in, such as a Shared VPC's host project. @default the cloud's own */
  readonly project?: string | undefined;
  readonly name: string;
  /** Its subnets. @default auto mode: one of the network's own name in every region, as `default` has */
  readonly subnetworks?: readonly SubnetworkOptions[] | undefined;
}

export interface SubnetworkOptions {
  readonly name: string;
  readonly region: string;
  /** @default "IPV4_ONLY" */
  readonly stackType?: "IPV4_ONLY" | "IPV4_IPV6" | "IPV6_ONLY" | undefined;
  /** Of the IPv6 addresses, if it has any. @default "EXTERNAL" */
  readonly ipv6AccessType?: "INTERNAL" | "EXTERNAL" | undefined;
}

/** An image beside the public ones. */
export interface ImageOptions {
  /** @default the cloud's own project */
  readonly project?: string | undefined;
  readonly name: string;
  readonly family?: string | undefined;
  /** @default "X86_64" */
  readonly architecture?: "X86_64" | "ARM64" | undefined;
  /** @default 10 */
  readonly diskSizeGb?: number | undefined;
  /** Whether it has cloud-init. Without it a machine boots, runs no Dask and says nothing. @default true */
  readonly cloudInit?: boolean | undefined;
}

/** Policies of an organization, by the constraint's own name. */
export interface PolicyOptions {
  /** `compute.vmExternalIpAccess` that lets no VM have an external address. */
  readonly vmExternalIpAccess?: "deny" | undefined;
  /** `compute.requireShieldedVm` */
  readonly requireShieldedVm?: boolean | undefined;
  /** `compute.requireOsLogin` */
  readonly requireOsLogin?: boolean | undefined;
  /** `compute.trustedImageProjects` */
  readonly trustedImageProjects?: readonly string[] | undefined;
  /** `gcp.resourceLocations`, as regions. */
  readonly resourceLocations?: readonly string[] | undefined;
  /** A custom constraint that wants these labels on every VM. */
  readonly requiredLabels?: readonly string[] | undefined;
}

/**
 * Metrics of `regions.get`, counted over the VMs of a region: vCPUs of some series have a quota of their own, and so has each type of
 * GPUs. The vCPUs of each newer series count for `CPUS_PER_VM_FAMILY`, which no list shows. `GPUS_ALL_REGIONS` is one of `projects.get`,
 * counted over all VMs.
 */
export type QuotaMetric =
  | "CPUS"
  | "PREEMPTIBLE_CPUS"
  | "IN_USE_ADDRESSES"
  | "INSTANCES"
  | `${"N2" | "T2D" | "T2A" | "A2"}_CPUS`
  | "CPUS_PER_VM_FAMILY"
  | `${"" | "PREEMPTIBLE_"}NVIDIA_${"T4" | "V100" | "P100" | "L4" | "A100"}_GPUS`
  | "GPUS_ALL_REGIONS";

/** Times are simulated milliseconds. `pendingMs` is how long operations take that make or change something. */
export interface SimulatedGcpOptions extends HttpCloudOptions {
  /** The project of the credentials. @default "dask-project" */
  readonly project?: string | undefined;
  readonly networks?: readonly NetworkOptions[] | undefined;
  readonly images?: readonly ImageOptions[] | undefined;
  readonly capacity?: readonly CapacityRule[] | undefined;
  /** Where `bulkInsert` tells of a lack of capacity: at once (503 insufficientCapacity) or later. @default "operation" */
  readonly capacityRefusedIn?: "reply" | "operation" | undefined;
  /** The limits of every region, or of the project; what is left out is unlimited. */
  readonly quota?: Readonly<Partial<Record<QuotaMetric, number>>> | undefined;
  /** Where `insert` tells of a quota: at once (403 quotaExceeded) or in its operation. @default "operation" */
  readonly quotaRefusedIn?: "reply" | "operation" | undefined;
  /** Where a `bulkInsert` of fewer VMs than `count` tells why: in its VMs' own operations, or in its own too. @default "inserts" */
  readonly partialErrorsIn?: "inserts" | "operation" | undefined;
  /** Where a `bulkInsert` that made too few VMs tells why: beside that in its own operation, or in its VMs' operations only. @default "operation" */
  readonly minCountErrorsIn?: "inserts" | "operation" | undefined;
  /** What the organization forbids. A test may change it later: `account.policies`. */
  readonly policies?: PolicyOptions | undefined;
  /** The longest that `wait` waits. @default 120_000, as the cloud */
  readonly waitMs?: number | undefined;
  /** The most results of a page, whatever `maxResults` asks for. @default 500, as the cloud */
  readonly pageSize?: number | undefined;
  /** Whether there are rate limits. @default true */
  readonly throttling?: boolean | undefined;
  /** Requests in a simulated minute for each quota group and region. @default 1500, as the cloud */
  readonly requestsPerMinute?: number | undefined;
  /** Whether Compute Engine is enabled in the project. @default true */
  readonly apiEnabled?: boolean | undefined;
  /** Whether the Cloud Resource Manager API is enabled in the project. @default true */
  readonly resourceManagerEnabled?: boolean | undefined;
  /** How long an access token is good for, in real seconds. @default 3600 */
  readonly tokenLifetimeSeconds?: number | undefined;
  /** The status of the fault `error-before` and `error-after`; the SDK retries 503 only. @default 503 */
  readonly internalErrorStatus?: 500 | 503 | undefined;
}
