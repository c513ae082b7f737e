import * as z from "zod";

import { type PublicAddresses, publicAddresses, vmFields, type VmOptions } from "../../src/cloud/cloud-options.ts";
import { text } from "../../src/options/fields.ts";
import { resolveOptions } from "../../src/options/resolve.ts";

export interface MadeUpClusterOptions extends VmOptions {
  /** Where the machines are. Default: `europa`. */
  readonly moon?: string | undefined;
}

export const schema = z.object({ ...vmFields, moon: text().default("europa") });

export type ResolvedMadeUpOptions = Omit<z.output<typeof schema>, keyof PublicAddresses> & PublicAddresses;

export function resolveMadeUpOptions(section: string, options: MadeUpClusterOptions): ResolvedMadeUpOptions {
  const { publicIp, workerPublicIp, ...values } = resolveOptions(schema, { section, options }).values;
  return { ...values, ...publicAddresses(publicIp, workerPublicIp) };
}
