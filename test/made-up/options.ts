import * as z from "zod";

import type { VmOptions } from "../../src/cloud/cloud-options.ts";
import { publicAddresses, vmFields } from "../../src/cloud/cloud-schema.ts";
import { describe, text } from "../../src/options/fields.ts";
import { type ResolvedOptions, resolveOptions } from "../../src/options/resolve.ts";

export interface MadeUpClusterOptions extends VmOptions {
  /** Where the machines are. Default: `europa`. */
  readonly moon?: string | undefined;
}

export const schema = z.object({
  ...vmFields,
  moon: describe(text().default("europa"), { description: "Where the machines are." }),
});

export type ResolvedMadeUpOptions = ResolvedOptions<typeof schema>["values"];

export function resolveMadeUpOptions(section: string, options: MadeUpClusterOptions): ResolvedMadeUpOptions {
  const { values } = resolveOptions(schema, { section, options });
  return { ...values, ...publicAddresses(values) };
}
