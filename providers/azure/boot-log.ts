import { stripVTControlCharacters } from "node:util";

import type { AzureApi } from "./client.ts";
import { AzureError } from "./errors.ts";
import { failureOf, machineNamed } from "./machines.ts";

/** Enough for whatever a boot says last. */
const LAST_CHARACTERS = 65_536;

/** What Azure says of a machine that could not be made, and what the machine has printed last; empty where it is gone. */
export async function bootLogOf(
  api: AzureApi,
  resourceGroup: string,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  const vm = await machineNamed(api, resourceGroup, name, signal);
  if (vm === undefined) return "";
  const failure = failureOf(api, vm);
  const printed = await consoleOf(api, resourceGroup, name, signal);
  return [...(failure === undefined ? [] : [failure.message]), ...(printed === "" ? [] : [printed])].join("\n");
}

async function consoleOf(api: AzureApi, resourceGroup: string, name: string, signal: AbortSignal): Promise<string> {
  let address: string | undefined;
  try {
    const { serialConsoleLogBlobUri } = await api.call(
      "VirtualMachines_RetrieveBootDiagnosticsData",
      signal,
      ({ compute }) => compute.virtualMachines.retrieveBootDiagnosticsData(resourceGroup, name),
    );
    address = serialConsoleLogBlobUri;
  } catch (error) {
    // There is nothing yet, or no console at all.
    if (error instanceof AzureError && error.refused) return "";
    throw error;
  }
  if (address === undefined) return "";
  // The address is a secret: it lets anybody read it.
  const answer = await fetch(address, { signal }).catch(() => undefined);
  if (answer?.ok !== true) return "";
  return stripVTControlCharacters(await answer.text())
    .replaceAll("\r", "")
    .slice(-LAST_CHARACTERS);
}
