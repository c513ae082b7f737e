import * as z from "zod";

import type { ConfigNode } from "../options/config-tree.ts";
import { didYouMean } from "../options/option-names.ts";
import { innermost } from "../options/schema-walk.ts";

/** The options of a worker group, from the option `workers`. */
export function groupSchema(field: z.core.$ZodType | undefined): z.ZodObject | undefined {
  const record = field === undefined ? undefined : innermost(field);
  const group = record instanceof z.ZodRecord ? innermost(record.valueType) : undefined;
  return group instanceof z.ZodObject ? group : undefined;
}

/** A fault if `--set workers.cup.count=2` names a group that the file does not have. */
export function unknownGroup(name: string, workers: ConfigNode | undefined): string | undefined {
  if (workers === undefined || !("children" in workers)) return undefined;
  const known = [...workers.children.keys()];
  return known.includes(name) || known.length === 0
    ? undefined
    : didYouMean(name, known).replace("Known options:", "Known groups:");
}
