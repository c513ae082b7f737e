import type { RunInstancesRequest } from "@aws-sdk/client-ec2";

import type { TypeFacts } from "../catalogue/instance-types.ts";
import { Ec2Error, invalidCombination, invalidValue, missing, Violation } from "../errors.ts";
import type { SpotPlan } from "./plan.ts";

const LEAST_PRICE = 0.001;
/** Without a limit of one's own, a spot instance costs at most what an on-demand one does: about so many times as much. */
const ON_DEMAND = 3;

/** Whether spot instances are asked for, and how. One-time requests only. */
export function readSpot(
  { InstanceMarketOptions: market }: RunInstancesRequest,
  type: TypeFacts,
): SpotPlan | undefined {
  if (market === undefined) return undefined;
  const { MarketType: marketType, SpotOptions: options = {} } = market;
  if (marketType === undefined) throw missing("MarketType");
  if (marketType !== "spot") throw new Violation("Unsupported", `The market type ${marketType} is not simulated`);
  const { SpotInstanceType: kind = "one-time", InstanceInterruptionBehavior: interruption = "terminate" } = options;
  if (kind === "persistent" && interruption === "terminate") {
    throw invalidCombination(
      "Persistent Spot requests are only supported with an interruption behavior of stop or hibernate",
    );
  }
  if (kind !== "one-time") throw new Violation("Unsupported", `Spot requests of the type ${kind} are not simulated`);
  if (interruption !== "terminate") {
    throw invalidCombination(`One-time Spot requests do not support the interruption behavior ${interruption}`);
  }
  if (options.ValidUntil !== undefined)
    throw invalidCombination("ValidUntil is not supported for one-time Spot requests");
  if (options.BlockDurationMinutes !== undefined) {
    throw new Ec2Error("Unsupported", "Spot Instances with a defined duration are no longer supported");
  }
  return { maxPrice: readPrice(options.MaxPrice, type) };
}

function readPrice(text: string | undefined, { spotPrice }: TypeFacts): number {
  if (text === undefined) return spotPrice * ON_DEMAND;
  const price = Number(text);
  if (text.trim() === "" || Number.isNaN(price) || price < LEAST_PRICE) {
    throw invalidValue(`Invalid value '${text}' for parameter spotPrice. Must be a price of at least ${LEAST_PRICE}.`);
  }
  if (price < spotPrice) {
    throw new Ec2Error(
      "SpotMaxPriceTooLow",
      `Your Spot request price of ${text} is lower than the minimum required Spot request fulfillment price of ${spotPrice.toFixed(4)}.`,
    );
  }
  return price;
}
