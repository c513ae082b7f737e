import { stripVTControlCharacters } from "node:util";

import type { Ec2Api } from "../api/client.ts";
import { isAws, reasonOfEnd } from "../errors/ec2-error.ts";
import { findInstance } from "./machines.ts";

/** What a machine has printed and, where it has ended, why EC2 says it has; empty until there is something. */
export async function bootLogOf(api: Ec2Api, id: string, signal: AbortSignal): Promise<string> {
  const [printed, end] = await Promise.all([consoleOutput(api, id, signal), whyEnded(api, id, signal)]);
  return end === undefined ? printed : `${printed}${printed === "" || printed.endsWith("\n") ? "" : "\n"}${end}\n`;
}

async function consoleOutput(api: Ec2Api, id: string, signal: AbortSignal): Promise<string> {
  const ask = async (Latest: boolean): Promise<string> => {
    const { Output = "" } = await api.call("GetConsoleOutput", signal, (ec2, options) =>
      ec2.getConsoleOutput({ InstanceId: id, Latest }, options),
    );
    return stripVTControlCharacters(Buffer.from(Output, "base64").toString("utf8")).replaceAll("\r", "");
  };
  try {
    return await ask(true);
  } catch (error) {
    if (isAws(error, "InvalidInstanceID.NotFound")) return "";
    // Only Nitro machines tell what is newest.
    if (isAws(error, "UnsupportedOperation", "Unsupported", "InvalidParameterCombination")) return await ask(false);
    throw error;
  }
}

async function whyEnded(api: Ec2Api, id: string, signal: AbortSignal): Promise<string | undefined> {
  const instance = await findInstance(api, id, signal);
  return reasonOfEnd(instance?.StateReason, api)?.message;
}
