import { createHash } from "node:crypto";

import { seedOfRun } from "./seed.ts";

const ALL = process.env["DASK_FLEET_FAULTS"] === "all";

/** For titles of tests: which of the ways are put through. */
export const DRAWN = ALL ? "in every way" : `in one way each, by DASK_FLEET_SEED=${seedOfRun()}`;

/**
 * Many long tests do the same at each of many places, in several ways. A run puts each place through in one of its ways, drawn by lot:
 * the same seed draws the same. `DASK_FLEET_FAULTS=all` has all of them.
 *
 * @param cases the ways, of all places
 * @param placeOf what has one of its ways in each run
 */
export function drawn<Case>(cases: readonly Case[], placeOf: (each: Case) => string): readonly Case[] {
  if (ALL) return cases;
  return [...Map.groupBy(cases, placeOf)].flatMap(([place, ways]) => ways.at(lot(place) % ways.length) ?? []);
}

function lot(place: string): number {
  return createHash("sha256").update(`${seedOfRun()} ${place}`).digest().readUInt32BE();
}
