import type { ComputeManagementClientOptionalParams } from "@azure/arm-compute";

import { loadCompute } from "../api/sdk.ts";
import { unknownField } from "./override.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Checks the names in an override against what the SDK would send: it drops a name that it does not know, and says nothing.
 *
 * @param option the name of the override
 * @throws DaskFleetError `CONFIG_INVALID` that names what would be lost
 */
export async function assertKnownFields(option: string, extra: Fields): Promise<void> {
  if (Object.keys(extra).length === 0) return;
  const lost = lostIn(extra, await asSent(extra), "");
  if (lost !== undefined) throw unknownField(option, lost, []);
}

/** What the SDK's create call makes of it, without sending anything. */
async function asSent(extra: Fields): Promise<unknown> {
  const { ComputeManagementClient } = await loadCompute();
  let body = "";
  const httpClient: ComputeManagementClientOptionalParams["httpClient"] = {
    sendRequest: async (request) => {
      if (typeof request.body === "string") ({ body } = request as { body: string });
      throw new Error("nothing is sent");
    },
  };
  const credential = { getToken: async () => ({ token: "none", expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const client = new ComputeManagementClient(credential, "none", { httpClient, retryOptions: { maxRetries: 0 } });
  const poller = client.virtualMachines.createOrUpdate("none", "none", { location: "none", ...extra });
  await poller.submitted().catch(() => undefined);
  return JSON.parse(body === "" ? "{}" : body);
}

/** The path of the first name that is not there any more. The SDK puts some fields one level down, into `properties`. */
function lostIn(given: unknown, sent: unknown, path: string): string | undefined {
  if (Array.isArray(given)) {
    const places = Array.isArray(sent) ? (sent as unknown[]) : [];
    return first(given.map((each, place) => lostIn(each, places[place], `${path}[${place}]`)));
  }
  if (!isFields(given)) return undefined;
  return first(
    Object.entries(given).map(([name, value]) => {
      const here = path === "" ? name : `${path}.${name}`;
      const holder = holderOf(name, sent);
      return value === undefined ? undefined : holder === undefined ? here : lostIn(value, holder[name], here);
    }),
  );
}

function holderOf(name: string, sent: unknown): Fields | undefined {
  if (!isFields(sent)) return undefined;
  if (Object.hasOwn(sent, name) && sent[name] !== undefined) return sent;
  const { properties } = sent;
  return isFields(properties) && Object.hasOwn(properties, name) ? properties : undefined;
}

function first(found: readonly (string | undefined)[]): string | undefined {
  return found.find((each) => each !== undefined);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
