import type { SimMachine } from "../../src/core/machine.ts";
import type { ToyCloud, ToyRequest } from "./toy-cloud.ts";

/** Asks the toy cloud over HTTP; the status and the answer. */
export async function ask(cloud: ToyCloud, method: string, path: string, body?: unknown): Promise<[number, unknown]> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(`${cloud.endpoint}${path}`, init);
  return [response.status, await response.json()];
}

/** Makes a machine as a provider would, and gives what the cloud has of it. */
export async function make(
  cloud: ToyCloud,
  userData?: Uint8Array,
  request: Omit<ToyRequest, "userData"> = {},
): Promise<SimMachine> {
  const encoded = userData === undefined ? undefined : Buffer.from(userData).toString("base64");
  const [, { id }] = (await ask(cloud, "POST", "/machines", { userData: encoded, ...request })) as [
    number,
    { id: string },
  ];
  const machine = cloud.machines.find((each) => each.id === id);
  if (machine === undefined) throw new Error(`The toy cloud has made no ${id}`);
  return machine;
}
