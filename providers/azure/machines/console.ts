import type { Agent, IncomingMessage } from "node:http";
import { stripVTControlCharacters } from "node:util";

import { proxyAgent } from "../../../src/cloud/api/proxy.ts";
import type { AzureApi } from "../api/client.ts";
import { AzureError } from "../errors/azure-error.ts";
import { failureOf, machineNamed } from "./machines.ts";

/** Enough for the end of any boot. */
const LAST_BYTES = 65_536;
/** A console log has a mebibyte at most; a longer answer is not one. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Why Azure could not create the machine, and the end of its console output; empty where it is gone. */
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
    // No output yet, or no console at all.
    if (error instanceof AzureError && error.status !== undefined && error.status < 500) return "";
    throw error;
  }
  if (address === undefined) return "";
  const end = await endOf(address, signal);
  return stripVTControlCharacters(end.toString()).replaceAll("\r", "");
}

/** Azure's storage cannot return only the end of a blob. Errors are not shown: the URL lets anybody read the blob. */
async function endOf(address: string, signal: AbortSignal): Promise<Buffer> {
  const agent = await proxyAgent();
  let end = Buffer.alloc(0);
  let bytes = 0;
  try {
    const answer = await asked(address, agent, signal);
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      if (answer.statusCode !== 200) break;
      bytes += chunk.length;
      end = Buffer.concat([end, chunk]).subarray(-LAST_BYTES);
      if (bytes > MOST_BYTES) break;
    }
  } catch {
    signal.throwIfAborted();
  } finally {
    agent?.destroy();
  }
  return end;
}

async function asked(address: string, agent: Agent | undefined, signal: AbortSignal): Promise<IncomingMessage> {
  const { get } = await (address.startsWith("https:") ? import("node:https") : import("node:http"));
  return await new Promise((resolve, reject) => {
    get(address, { signal, ...(agent === undefined ? {} : { agent }) }, resolve).on("error", reject);
  });
}
