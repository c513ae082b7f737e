import { patientSpeed } from "../../../../test/support/patience.ts";
import type { SimulatedAzureOptions } from "../../src/azure/options.ts";
import { SimulatedAzure } from "../../src/azure/simulated-azure.ts";
import { freshCloud } from "../core/fresh-cloud.ts";
import { Sdk } from "./sdk.ts";

/** A cloud whose lists do not lag, unless a test's file says otherwise. */
export function freshAzure(options: SimulatedAzureOptions = {}): ReturnType<typeof freshCloud<SimulatedAzure, Sdk>> {
  const speed = patientSpeed();
  return freshCloud(
    () => new SimulatedAzure({ speed, throttling: false, listLagMs: 0, ...options }),
    (cloud) => new Sdk(cloud),
  );
}
