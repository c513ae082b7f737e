import type { SimClock } from "../core/clock.ts";
import type { WireRequest } from "../core/http-cloud.ts";
import { TokenBucket } from "../core/token-bucket.ts";
import { ApiError } from "./api-error.ts";
import type { SimulatedAzureOptions } from "./options.ts";
import type { Operation } from "./routes.ts";
import type { Account } from "./state/account.ts";

/** A bucket has room for so many minutes' calls. */
const MINUTES_AT_ONCE = 3;
const AGAIN_AFTER_MS = 10_000;

/** How compute's calls are limited: by kind in all of the subscription, and for each machine and scale set. */
const GROUPS: Readonly<Partial<Record<Operation, string>>> = {
  VirtualMachines_CreateOrUpdate: "PutVM",
  VirtualMachines_Delete: "DeleteVM",
  VirtualMachines_Get: "LowCostGet",
  VirtualMachines_InstanceView: "LowCostGet",
  VirtualMachines_RetrieveBootDiagnosticsData: "LowCostGet",
  VirtualMachines_List: "HighCostGet",
  VirtualMachineScaleSets_CreateOrUpdate: "PutVMScaleSet",
  VirtualMachineScaleSets_Update: "PutVMScaleSet",
  VirtualMachineScaleSets_Delete: "DeleteVMScaleSet",
  VirtualMachineScaleSets_DeleteInstances: "DeleteVMScaleSetVMs",
  VirtualMachineScaleSets_Get: "LowCostGet",
  VirtualMachineScaleSets_List: "HighCostGet",
  VirtualMachineScaleSetVMs_List: "HighCostGet",
  Disks_Get: "LowCostGet",
  Disks_ListByResourceGroup: "HighCostGet",
  Disks_Delete: "DeleteDisk",
  ResourceSkus_List: "HighCostGet",
  Operations_Get: "GetOperation",
  OperationResults_Get: "GetOperation",
};

export class RateLimits {
  readonly #clock: SimClock;
  readonly #options: SimulatedAzureOptions;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(clock: SimClock, options: SimulatedAzureOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Counts a call. @throws ApiError 429 where there are too many */
  take(operation: Operation, { url }: WireRequest, { operations }: Account): void {
    const group = GROUPS[operation];
    if (group === undefined) return;
    const { writesPerMinute = 500, readsPerMinute = 8000 } = this.#options;
    const { resourceWritesPerMinute = 4, lowCostGetPerMinute = 12 } = this.#options;
    const reads = group.includes("Get");
    const polled = group === "GetOperation" ? operations.find(url.pathname.split("/").at(-1) ?? "") : undefined;
    // The network's operations are not compute's.
    if (polled?.plan.provider === "Microsoft.Network") return;
    const resource = polled?.plan.resource ?? resourceOf(url.pathname);
    this.#count(`${group}SubscriptionMaximum`, reads ? readsPerMinute : writesPerMinute, group);
    if (group === "HighCostGet" || resource === undefined) return;
    const perMinute = reads ? lowCostGetPerMinute : resourceWritesPerMinute;
    this.#count(`${group}Resource`, perMinute, `${group} ${resource.toLowerCase()}`);
  }

  #count(name: string, perMinute: number, key: string): void {
    const bucket =
      this.#buckets.get(key) ??
      new TokenBucket({ capacity: perMinute * MINUTES_AT_ONCE, refillPerSecond: perMinute / 60 }, this.#clock);
    this.#buckets.set(key, bucket);
    if (!bucket.take()) throw tooMany(name, AGAIN_AFTER_MS / this.#clock.speed);
  }
}

/** The VM, scale set or disk that a path is about. */
function resourceOf(path: string): string | undefined {
  return /^.*\/providers\/Microsoft\.Compute\/[^/]+\/[^/]+/iu.exec(path)?.[0];
}

/** @param afterMs real milliseconds */
export function tooMany(name: string, afterMs: number): ApiError {
  return new ApiError(
    429,
    "OperationNotAllowed",
    "The server rejected the request because too many requests have been received for this subscription.",
    { details: [{ code: "TooManyRequests", target: name, message: JSON.stringify({ operationGroup: name }) }] },
    {
      "retry-after": String(Math.round(afterMs) / 1000),
      "x-ms-ratelimit-remaining-resource": `Microsoft.Compute/${name};0`,
    },
  );
}
