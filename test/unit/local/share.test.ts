import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { sharedOptions } from "../../../providers/local/machines/share.ts";

const GIB = 1024 ** 3;
const TWO_CORES = { processors: 2, memoryBytes: 24 * GIB };

describe("threads and memory of one of several machines", () => {
  test.each([
    // The scheduler keeps an eighth of the memory, up to 2 GiB.
    [TWO_CORES, 1, {}, { nthreads: 2, memoryLimit: 22 * GIB }],
    [TWO_CORES, 2, {}, { nthreads: 1, memoryLimit: 11 * GIB }],
    [TWO_CORES, 3, {}, { nthreads: 1, memoryLimit: Math.floor((22 * GIB) / 3) }],
    [{ processors: 8, memoryBytes: 8 * GIB }, 3, {}, { nthreads: 3, memoryLimit: Math.floor((7 * GIB) / 3) }],
    // A container's quota.
    [{ processors: 1.5, memoryBytes: 4 * GIB }, 1, {}, { nthreads: 2, memoryLimit: 3.5 * GIB }],
    [{ processors: 0.5, memoryBytes: 4 * GIB }, 2, {}, { nthreads: 1, memoryLimit: 1.75 * GIB }],
    // Several processes on a machine share its part.
    [{ processors: 8, memoryBytes: 18 * GIB }, 2, { nworkers: 2 }, { nworkers: 2, nthreads: 2, memoryLimit: 4 * GIB }],
    [{ processors: 8, memoryBytes: 18 * GIB }, 2, { nworkers: -1 }, { nworkers: 4, nthreads: 1, memoryLimit: 2 * GIB }],
    [
      { processors: 12, memoryBytes: 18 * GIB },
      2,
      { nworkers: "auto" },
      { nworkers: 3, nthreads: 2, memoryLimit: Math.floor((16 * GIB) / 6) },
    ],
    // Explicit options are kept.
    [TWO_CORES, 3, { nthreads: 4 }, { nthreads: 4, memoryLimit: Math.floor((22 * GIB) / 3) }],
    [TWO_CORES, 3, { memoryLimit: "1GiB" }, { nthreads: 1, memoryLimit: "1GiB" }],
    [TWO_CORES, 3, { memoryLimit: 0 }, { nthreads: 1, memoryLimit: 0 }],
    [
      TWO_CORES,
      2,
      { nanny: false, resources: { GPU: 1 } },
      { nanny: false, resources: { GPU: 1 }, nthreads: 1, memoryLimit: 11 * GIB },
    ],
    // Dask's values for "detect".
    [TWO_CORES, 2, { nthreads: 0, memoryLimit: "auto" }, { nthreads: 1, memoryLimit: 11 * GIB }],
    // Values that Dask refuses with its own message.
    [TWO_CORES, 2, { nworkers: 0 }, { nworkers: 0 }],
    [TWO_CORES, 2, { nworkers: -7 }, { nworkers: -7 }],
  ] as const)("%j by %i, %j", (computer, parts, options, expected) => {
    expect(sharedOptions(computer, parts, options)).toEqual(expected);
  });

  test("a share is never too small for a worker to start", () => {
    expect(sharedOptions({ processors: 1, memoryBytes: GIB }, 50, {})).toEqual({ nthreads: 1, memoryLimit: GIB / 4 });
  });

  test("all shares together fit the computer, and use every processor", () => {
    const processes = fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 256 }),
        fc.integer({ min: 64, max: 4096 }),
        fc.integer({ min: 1, max: 20 }),
        processes,
        (processors, gib, parts, nworkers) => {
          const { nthreads, memoryLimit } = sharedOptions({ processors, memoryBytes: gib * GIB }, parts, { nworkers });
          const workers = parts * (nworkers ?? 1);
          expect(Number(memoryLimit) * workers).toBeLessThanOrEqual(gib * GIB);
          expect(Number(nthreads) * workers).toBeGreaterThanOrEqual(processors);
          expect((Number(nthreads) - 1) * workers).toBeLessThan(processors);
        },
      ),
    );
  });
});
