import { badRequest, jsonReply } from "../api-error.ts";
import { LOCATIONS, SIZES } from "../catalog/sizes.ts";
import { actionOf } from "../routes.ts";
import { coresOf } from "../state/capacity.ts";
import type { VmPlan } from "../state/vm.ts";
import { type Call, type Method, pageReply, part } from "./call.ts";

const UNLIMITED = 1_000_000;
const ADDRESSES = 1000;

/** What the subscription may have and the caller may do. */
export const quotaMethods = {
  /** One role that allows everything but what is forbidden. */
  Permissions_ListForResourceGroup: ({ forbidden }) =>
    jsonReply(200, {
      value: [{ actions: ["*"], notActions: [...forbidden].map(actionOf), dataActions: [], notDataActions: [] }],
    }),
  Usage_List: (call) => {
    const location = locationIn(call);
    const { quotas } = call.account;
    const used = (of: (plan: VmPlan) => boolean): number => coresOf(call.account, location, of);
    const families = [...new Set(SIZES.map(({ family }) => family))];
    return pageReply(call, [
      usage(
        "cores",
        "Total Regional vCPUs",
        used(({ spot }) => !spot),
        quotas.vcpus,
      ),
      usage(
        "lowPriorityCores",
        "Total Regional Spot vCPUs",
        used(({ spot }) => spot),
        quotas.spotVcpus,
      ),
      ...families.map((family) =>
        usage(
          family,
          `${family} vCPUs`,
          used(({ spot, size }) => !spot && size.family === family),
          quotas.family?.[family],
        ),
      ),
    ]);
  },
  Usages_List: (call) => {
    locationIn(call);
    return pageReply(call, [usage("PublicIPAddresses", "Public IP Addresses", 0, ADDRESSES)]);
  },
} satisfies Record<string, Method>;

function locationIn(call: Call): string {
  const location = part(call, "location").toLowerCase();
  if (LOCATIONS.includes(location)) return location;
  throw badRequest("NoRegisteredProviderFound", `No registered resource provider found for location '${location}'.`);
}

function usage(value: string, localizedValue: string, currentValue: number, limit: number = UNLIMITED): object {
  return { unit: "Count", currentValue, limit, name: { value, localizedValue } };
}
