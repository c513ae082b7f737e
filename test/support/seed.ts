const VARIABLE = "DASK_FLEET_SEED";

/** Draws the seed of this run, unless `DASK_FLEET_SEED` repeats that of another. */
export function setSeed(): void {
  process.env[VARIABLE] ??= String(Math.floor(Math.random() * 2 ** 31));
}

/** The seed of this run: the same in all its processes. */
export function seedOfRun(): number {
  return Number(process.env[VARIABLE]);
}
