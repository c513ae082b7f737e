import { isError } from "../../../src/errors.ts";
import type { ComputeApi } from "../api/client.ts";
import { isNotFound } from "../errors/gcp-error.ts";
import { eachOnce, type InZone } from "./machine-types.ts";

/**
 * The zones that lack types of GPUs to attach: few have all. A machine type's zones say nothing of them.
 *
 * What cannot be looked up, for want of a permission, is taken to be there: the create call tells.
 */
export async function zonesWithout(
  api: ComputeApi,
  asked: readonly InZone[],
  signal: AbortSignal,
): Promise<(gpus: InZone) => boolean> {
  const looks = eachOnce(asked).map(async (gpus) => ((await isMissing(api, gpus, signal)) ? [keyOf(gpus)] : []));
  const missing = new Set((await Promise.all(looks)).flat());
  return (gpus) => missing.has(keyOf(gpus));
}

async function isMissing(api: ComputeApi, { name, zone }: InZone, signal: AbortSignal): Promise<boolean> {
  const path = ["projects", api.project, "zones", zone, "acceleratorTypes", name].map(encodeURIComponent).join("/");
  try {
    await api.ask("acceleratorTypes.get", { url: `/compute/v1/${path}` }, signal);
    return false;
  } catch (error) {
    signal.throwIfAborted();
    return isNotFound(error) && isError(error) && error.message.includes("/acceleratorTypes/");
  }
}

function keyOf({ name, zone }: InZone): string {
  return `${zone}/${name}`;
}
