import { isReference, parseReference } from "../../security/references/parse-reference.ts";
import type { SecretReference } from "../../security/references/secret-reference.ts";
import type { SecretValue } from "./secret-values.ts";

/** Values as they stand, and those that are in a store. */
export interface SplitValues {
  readonly plain: Readonly<Record<string, string>>;
  readonly references: Readonly<Record<string, SecretReference>>;
}

/** Divides checked variables by where their values are. */
export function splitValues(values: Readonly<Record<string, SecretValue>>): SplitValues {
  const plain: Record<string, string> = {};
  const references: Record<string, SecretReference> = {};
  for (const [name, value] of Object.entries(values)) {
    const source = sourceOf(value);
    if (typeof source === "string") plain[name] = source;
    else references[name] = source;
  }
  return { plain, references };
}

/** The text itself, or the reference to it. */
export function sourceOf(value: SecretValue): string | SecretReference {
  if (typeof value === "string") return value;
  const parsed = parseReference(value.from);
  // The options' schema has read it.
  if (!isReference(parsed)) throw new Error(`A reference ${parsed.problem}`);
  return parsed;
}
