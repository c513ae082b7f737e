import { ApiError } from "../api-error.ts";
import { limitNames, type ShapeEntry } from "../catalog/shapes.ts";
import type { Instance } from "./instance.ts";
import type { LaunchPlan } from "./launch-plan.ts";

type Limits = Readonly<Record<string, number>>;

/**
 * Checks an availability domain's service limits, and the quotas of the tenancy's policies, for one instance more. Those that are
 * stopped count, too.
 *
 * @throws ApiError 400
 */
export function checkLimits(
  { limits, quotas }: { readonly limits: Limits; readonly quotas: Limits },
  instances: readonly Instance[],
  plan: LaunchPlan,
): void {
  const there = instances.filter(
    (instance) => instance.counts && instance.plan.availabilityDomain === plan.availabilityDomain,
  );
  const exceeded = (most: Limits): readonly string[] =>
    limitNames(plan.shape).filter((name) => {
      const used = there.reduce((sum, instance) => sum + usage(instance.plan, name), 0);
      return used + usage(plan, name) > (most[name] ?? Number.POSITIVE_INFINITY);
    });
  const overLimits = exceeded(limits);
  if (overLimits.length > 0) {
    throw new ApiError(
      400,
      "LimitExceeded",
      `The following service limits were exceeded: ${overLimits.join(", ")}. Request a service limit increase from the service limits page in the console. `,
    );
  }
  const overQuotas = exceeded(quotas);
  if (overQuotas.length > 0) {
    const names = overQuotas.join(", ");
    throw new ApiError(400, "QuotaExceeded", `The following compartment quotas were exceeded: ${names}.`);
  }
}

function usage({ shape, ocpus, memoryInGBs }: LaunchPlan, name: string): number {
  return countsFor(shape, name) ? amount(name, { ocpus, memoryInGBs, gpus: shape.gpus }) : 0;
}

function countsFor(shape: ShapeEntry, name: string): boolean {
  return limitNames(shape).includes(name);
}

function amount(
  name: string,
  { ocpus, memoryInGBs, gpus }: { readonly ocpus: number; readonly memoryInGBs: number; readonly gpus: number },
): number {
  if (name.endsWith("-memory-count")) return memoryInGBs;
  return name.endsWith("-core-count") ? ocpus : gpus;
}
