import type * as z from "zod";

import type { Flag } from "./flags.ts";
import { camelCase, snakeCase, variableFor } from "./option-names.ts";
import { wordsOf } from "./schema-walk.ts";

const NAMES_A_SECRET = /token|secret|passw|passphrase|credential|(?:api|access|private)[-_]?key/i;
const HOLDS_A_SECRET = /:\/\/[^/\s@:]*:[^/\s@]+@|-----BEGIN/;

/**
 * One line for each secret on a command line, which every user of this computer can read while the command runs: what it is, and
 * where it is better kept.
 */
export function exposedSecrets(flags: readonly Flag[], schema: z.ZodObject, section: string): readonly string[] {
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  return flags.flatMap(({ written, path: [name, ...inner], value }) => {
    const option = camelCase(name);
    const field = Object.hasOwn(shape, option) ? shape[option] : undefined;
    if (field === undefined || typeof value === "boolean") return [];
    const { secret, credential } = wordsOf(field);
    const looksSecret = NAMES_A_SECRET.test(inner.length > 0 ? inner.join(".") : value) || HOLDS_A_SECRET.test(value);
    if (!credential && !(secret && looksSecret)) return [];
    const variable = [variableFor(section, option), ...inner].join("__");
    return [
      `${written} holds a secret, and a command line can be read by every user of this computer. ` +
        `Better: ${snakeCase(option)} in a file in ~/.config/dask that only you can read, or the variable ${variable}.`,
    ];
  });
}
