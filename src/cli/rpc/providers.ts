import { PROVIDERS, type RegisteredProvider } from "../providers.ts";
import { RpcError } from "./rpc-error.ts";

/** A provider that is loaded when a client names it. */
export type RpcProvider = Omit<RegisteredProvider, "manifest">;

export const ALL_PROVIDERS: readonly RpcProvider[] = [...PROVIDERS.values()];

/**
 * @param name its command (`ec2`), folder (`aws`) or class (`EC2Cluster`)
 * @throws RpcError `PARAMS_INVALID`
 */
export function providerNamed(name: string, providers: readonly RpcProvider[]): RpcProvider {
  const provider = providers.find(({ command, folder, className }) => [command, folder, className].includes(name));
  if (provider !== undefined) return provider;
  const known = providers.map(({ command }) => command).join(", ");
  throw new RpcError("PARAMS_INVALID", `There is no provider "${name.slice(0, 60)}". There are: ${known}.`);
}
