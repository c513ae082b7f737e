import { describe, expect, test } from "vitest";

import { patient } from "../../support/patience.ts";
import type { ProviderUnderTest } from "../provider-under-test.ts";
import { race } from "../race.ts";
import { ownState } from "../world.ts";

/** In CI; `bench/races.ts` takes the number as an argument. */
const RACES = 2;

export function describeRaces(provider: ProviderUnderTest): void {
  describe(`Attack by a same-named neighbour: ${provider.name}`, () => {
    ownState();

    test(
      "two launchers start one name at once while lists lag: one cluster runs untouched, the other names the owner and leaves nothing",
      { timeout: patient(120_000) },
      async () => {
        const names = Array.from({ length: RACES }, (_, nth) => `race-${nth}`);
        expect(await race(provider, names)).toEqual({ races: RACES, problems: [], left: [] });
      },
    );
  });
}
