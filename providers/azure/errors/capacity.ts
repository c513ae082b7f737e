import type { ErrorEntry } from "../../../src/cloud/errors/error-table.ts";
import { type AzureFailure, QUOTAS, says } from "./failure.ts";

const NO_SPOT = "Use another size, or leave the `spot` option out.";

/** Lack of capacity, and quotas of the subscription. */
export const CAPACITY: readonly ErrorEntry<AzureFailure>[] = [
  {
    when: says(/\bexceeding approved\b.*\bquota\b|\bquota limit\b/i),
    meaning: "quota",
    say: (failure) => `A quota of the subscription is used up${quotaOf(failure)}. ${QUOTAS}`,
  },
  {
    codes: /^(?:IPv4BasicSku|BasicSku).*LimitReached$/i,
    meaning: "quota",
    elsewhere: false,
    say: "The subscription can have no more Basic public addresses, which Azure has retired.",
  },
  {
    codes: /PublicIP.*(?:LimitReached|QuotaExceeded|LimitExceeded)$/i,
    meaning: "quota",
    elsewhere: false,
    say: `The subscription's quota of public addresses is used up. Set \`workerPublicIp: false\` in a network that has a NAT gateway. ${QUOTAS}`,
  },
  {
    codes:
      /^(?:NetworkInterface|NetworkSecurityGroup|ApplicationSecurityGroup|SecurityRule|VirtualNetwork|Vnet|Subnet|Disk|ManagedDisk).*(?:LimitReached|LimitExceeded|QuotaExceeded)$|^(?:ResourceCountExceedsLimit|ResourceGroupQuotaExceeded|ResourceQuotaExceeded).*/i,
    meaning: "quota",
    elsewhere: false,
    say: `The subscription's limit for these resources is reached. ${QUOTAS}`,
  },
  {
    codes: /QuotaExceeded|LimitReached$|CoresExceeded|^ExceededQuota/i,
    meaning: "quota",
    say: `A quota of the subscription is used up. ${QUOTAS}`,
  },
  {
    when: says(
      /does not support (?:Azure )?Spot|Spot (?:VMs?|priority|virtual machines?) (?:is|are) not (?:supported|available)|offer does not support .*(?:spot|low priority)/i,
    ),
    meaning: "configuration",
    elsewhere: true,
    say: `This subscription has no spot machines of this size. ${NO_SPOT}`,
  },
  {
    codes: ["SpotNotSupported", "SpotPriorityIsNotSupported", "LowPriorityNotSupported", "NotSupportedSpotOffer"],
    meaning: "configuration",
    elsewhere: true,
    say: `This subscription has no spot machines of this size. ${NO_SPOT}`,
  },
  {
    codes: ["SpotPriceGreaterThanProvidedMaxPrice", "AzureSpotMaxPriceExceeded", "SpotMaxPriceTooLow"],
    meaning: "capacity",
    say: "Spot machines of this size cost more than the limit in `extraVmOptions.billingProfile.maxPrice` right now. Raise the limit, or leave it out.",
  },
  {
    codes: [
      "OverconstrainedAllocationRequest",
      "OverConstrainedAllocationRequest",
      "OverconstrainedZonalAllocationRequest",
      "OverConstrainedZonalAllocationRequest",
    ],
    meaning: "capacity",
    say: "Azure has no capacity that fits all that is asked for. Another size, zone or location, or fewer `extraVmOptions`, may fit.",
  },
  {
    codes: ["SkuNotAvailable", "NotAvailableForSubscription", "SkuNotAvailableForSubscription"],
    meaning: "capacity",
    say: 'Azure has no capacity for this size in this location right now, or never has it for this subscription. "az vm list-skus --location LOCATION --all" says which; use another size, zone or location.',
  },
  {
    codes:
      /AllocationFailed|AllocationTimedOut|^AzureSpot|^SpotAllocation|CapacityNotAvailable|^InsufficientCapacity|^OutOfCapacity|^NotEnoughCapacity|AllocationRequest$/i,
    meaning: "capacity",
    say: "Azure has no capacity for this size right now. Another size, zone or location may have some.",
  },
  {
    codes: /^CapacityReservation/,
    meaning: "capacity",
    say: "The capacity reservation that `extraVmOptions` names has no capacity left, or is not for these machines.",
  },
  {
    codes: ["SubnetIsFull", "NoAvailableIPAddresses", "PrivateIPAddressNotAvailable", "InsufficientSubnetSize"],
    meaning: "capacity",
    elsewhere: false,
    say: "The subnet has no free address: use a larger `subnet`, or delete machines in it.",
  },
];

/** ` (standardDSv5Family Cores: 10 in eastus)`, as far as Azure says it. */
function quotaOf({ message, inner }: AzureFailure): string {
  const { what, limit, location } =
    /exceeding approved (?<what>[\w ]+?) quota\..*?Location: (?<location>\w+).*?Current Limit: (?<limit>\d+)/i.exec(
      `${message} ${inner}`,
    )?.groups ?? {};
  return what === undefined ? "" : ` (${what}: ${limit} in ${location})`;
}
