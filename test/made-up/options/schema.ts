import * as z from "zod";

import { publicAddresses, vmFields } from "../../../src/cloud/cloud-schema.ts";
import { describe, text } from "../../../src/options/fields.ts";
import { type ResolvedOptions, resolveOptions } from "../../../src/options/resolve.ts";
import type { MadeUpClusterOptions } from "./options.ts";

export const schema = z.object({
  ...vmFields,
  moon: describe(text().default("europa"), { description: "Where the machines are." }),
});

export type ResolvedMadeUpOptions = ResolvedOptions<typeof schema>["values"];

export function resolveMadeUpOptions(section: string, options: MadeUpClusterOptions): ResolvedMadeUpOptions {
  const { values } = resolveOptions(schema, { section, options });
  return { ...values, ...publicAddresses(values) };
}
