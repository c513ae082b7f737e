import { ApiError } from "../api-error.ts";
import { limitNames } from "../catalog/shapes.ts";
import { fixedOcid } from "../ocid.ts";
import type { Account } from "./account.ts";
import type { LaunchPlan } from "./launch-plan.ts";

const POLICY = fixedOcid("quota", "", "dask");

type Limits = Readonly<Record<string, number>>;

/**
 * Checks an availability domain's service limits, and the quotas of the tenancy's policies, for one instance more.
 *
 * @throws ApiError 400
 */
export function checkLimits(account: Account, plan: LaunchPlan): void {
  const exceeded = (most: Limits): readonly string[] =>
    limitNames(plan.shape).filter((name) => {
      const { [name]: limit } = most;
      return limit !== undefined && usedOf(account, name, plan.availabilityDomain) + usage(plan, name) > limit;
    });
  const overLimits = exceeded(account.limits);
  if (overLimits.length > 0) {
    throw new ApiError(
      400,
      "LimitExceeded",
      `The following service limits were exceeded: ${overLimits.join(", ")}. Request a service limit increase from the service limits page in the console. `,
    );
  }
  const overQuotas = exceeded(account.quotas);
  if (overQuotas.length > 0) {
    const over = overQuotas.map((name) => `${name} in policy '${POLICY}' by 1`).join(", ");
    throw new ApiError(400, "QuotaExceeded", `The following compartment quotas were exceeded: ${over}`);
  }
}

/** How much of a limit is used in an availability domain: what is stopped counts, and for a while what is terminated. */
export function usedOf({ clock, options, instances }: Account, name: string, availabilityDomain: string): number {
  const { limitReleaseMs = 0 } = options;
  return instances.all
    .filter(({ plan }) => plan.availabilityDomain === availabilityDomain)
    .filter(({ terminatedAt }) => terminatedAt === undefined || terminatedAt + limitReleaseMs > clock.now())
    .reduce((sum, { plan }) => sum + usage(plan, name), 0);
}

function usage({ shape, ocpus, memoryInGBs }: LaunchPlan, name: string): number {
  if (!limitNames(shape).includes(name)) return 0;
  if (name.endsWith("-memory-count")) return memoryInGBs;
  return name.endsWith("-core-count") ? ocpus : shape.gpus;
}
