const VARIABLE = "DASK_FLEET_PATIENCE";

/**
 * How much longer real processes take here than on a quiet computer: 1 or more. It is measured when a run of tests begins, or set
 * by `DASK_FLEET_PATIENCE`. Programs that tests start see it too.
 */
export function patience(): number {
  return Number(process.env[VARIABLE] ?? 1);
}

/** A time-out or a lifetime in milliseconds that is enough on a quiet computer, as long as it has to be on this one. */
export function patient(ms: number): number {
  return Math.round(ms * patience());
}

/** At which the clock of a simulated cloud gives its calls as much real time as they need here. */
export function patientSpeed(): number {
  return 1000 / patience();
}

/** Measures the patience of this run, once. */
export async function setPatience(measure: () => Promise<number>): Promise<void> {
  process.env[VARIABLE] ??= (await measure()).toFixed(2);
}
