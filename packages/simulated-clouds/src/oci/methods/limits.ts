import { notFound } from "../api-error.ts";
import { limitNames, SHAPES } from "../catalog/shapes.ts";
import { checkDomains } from "../checks/launch.ts";
import { usedOf } from "../state/limits.ts";
import { compartmentOf, type Method, part, query, reply } from "./call.ts";

/** What stands for no limit. */
const MOST = 1_000_000;

export const LIMITS = {
  GetResourceAvailability: (call) => {
    const { account } = call;
    compartmentOf(call);
    const name = part(call, "limitName");
    const availabilityDomain = query(call, "availabilityDomain") ?? "";
    if (part(call, "serviceName") !== "compute" || !SHAPES.some((shape) => limitNames(shape).includes(name))) {
      throw notFound();
    }
    checkDomains(account, { availabilityDomain });
    const used = usedOf(account, name, availabilityDomain);
    const { [name]: limit = MOST } = account.limits;
    const { [name]: quota } = account.quotas;
    const available = Math.max(0, Math.min(limit, quota ?? limit) - used);
    return reply({
      used,
      available,
      fractionalUsage: used,
      fractionalAvailability: available,
      ...(quota === undefined ? {} : { effectiveQuotaValue: quota }),
    });
  },
} as const satisfies Readonly<Record<string, Method>>;
