import { patientSpeed } from "../../../../test/support/patience.ts";
import type { SimulatedOciOptions } from "../../src/oci/options.ts";
import { SimulatedOci } from "../../src/oci/simulated-oci.ts";
import { freshCloud } from "../core/fresh-cloud.ts";
import { Sdk } from "./sdk.ts";

/** A cloud whose lists do not lag, unless a test's file says otherwise. */
export function freshOci(options: SimulatedOciOptions = {}): ReturnType<typeof freshCloud<SimulatedOci, Sdk>> {
  const speed = patientSpeed();
  return freshCloud(
    () => new SimulatedOci({ speed, throttling: false, listLagMs: 0, ...options }),
    (cloud) => new Sdk(cloud),
  );
}
