import { stripVTControlCharacters } from "node:util";

import type { ComputeApi } from "../api/client.ts";
import { isNotFound } from "../errors/gcp-error.ts";
import { placeOf } from "../tags/names.ts";

/** Enough for whatever a boot says last. */
const LAST_BYTES = 65_536;

/** What a machine has printed last; empty where it is gone. */
export async function bootLogOf(api: ComputeApi, id: string, signal: AbortSignal): Promise<string> {
  const { project } = api;
  const { zone, name: instance } = placeOf(id);
  try {
    const [{ contents }] = await api.call("instances", "getSerialPortOutput", signal, (client, options) =>
      client.getSerialPortOutput({ project, zone, instance, port: 1, start: -LAST_BYTES }, options),
    );
    return stripVTControlCharacters(contents ?? "").replaceAll("\r", "");
  } catch (error) {
    if (isNotFound(error)) return "";
    throw error;
  }
}
