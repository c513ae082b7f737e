import { DaskFleetError } from "../../errors.ts";
import { isPlainObject } from "../../plain-object.ts";

/** @throws DaskFleetError `CONFIG_INVALID` unless it is an integer within bounds. */
export function checkCount(name: string, value: unknown, least: number, most: number): asserts value is number {
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return;
  throw new DaskFleetError("CONFIG_INVALID", `${name} is an integer from ${least} to ${most}, got ${String(value)}.`);
}

/** @throws DaskFleetError `CONFIG_INVALID` unless they are positive amounts by name. */
export function checkResources(resources: unknown): Readonly<Record<string, number>> | undefined {
  if (resources === undefined) return undefined;
  const amounts: readonly unknown[] = isPlainObject(resources) ? Object.values(resources) : [Number.NaN];
  if (amounts.every((amount) => typeof amount === "number" && Number.isFinite(amount) && amount > 0)) {
    return resources as Readonly<Record<string, number>>;
  }
  throw new DaskFleetError("CONFIG_INVALID", "resources are positive amounts by name, such as { GPU: 1 }.");
}
