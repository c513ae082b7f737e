const VARIABLE = "DASK_FLEET_PATIENCE";

/**
 * How much slower real processes are here than on a quiet computer: 1 or more. Measured at the start of a test run, or set by
 * `DASK_FLEET_PATIENCE`. Programs started by tests inherit it.
 */
export function patience(): number {
  return Number(process.env[VARIABLE] ?? 1);
}

/** Scales a timeout or a lifetime, in milliseconds on a quiet computer, to this one. */
export function patient(ms: number): number {
  return Math.round(ms * patience());
}

/** The speed at which a simulated cloud's clock gives its calls enough real time here. */
export function patientSpeed(): number {
  return 1000 / patience();
}

/** Measures the patience of this run, once. */
export async function setPatience(measure: () => Promise<number>): Promise<void> {
  process.env[VARIABLE] ??= (await measure()).toFixed(2);
}
