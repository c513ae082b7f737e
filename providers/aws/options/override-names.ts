import type { DaskFleetError } from "../../../src/errors.ts";
import { invalid } from "../../../src/options/invalid.ts";
import { didYouMean } from "../../../src/options/option-names.ts";

/**
 * Checks the names in an override against the SDK's own description of the request: the SDK drops a name that it does not know,
 * and says nothing.
 *
 * @param option where the override is from
 * @throws DaskFleetError `CONFIG_INVALID` that names the nearest known name
 */
export function assertKnownNames(schema: unknown, value: unknown, option: string, path = ""): void {
  const described = resolved(schema);
  if (!Array.isArray(described)) return;
  const [kind, , , , inside, schemas] = described as readonly unknown[];
  if (kind === LIST && Array.isArray(value)) {
    for (const [place, each] of value.entries()) assertKnownNames(inside, each, option, `${path}[${place}]`);
  } else if (kind === STRUCTURE && typeof value === "object" && value !== null) {
    const names = inside as readonly string[];
    for (const [name, each] of Object.entries(value)) {
      const index = names.indexOf(name);
      const here = path === "" ? name : `${path}.${name}`;
      if (index < 0) throw unknownName(here, option, didYouMean(name, names));
      assertKnownNames((schemas as readonly unknown[])[index], each, option, here);
    }
  }
}

// A schema of the SDK is [kind, namespace, name, traits, …]: a list goes on with its members' schema, a structure with its members'
// names and schemas. A member's may be a function that gives it, or a pair of it and traits.
const LIST = 1;
const STRUCTURE = 3;

function resolved(schema: unknown): unknown {
  if (typeof schema === "function") return resolved((schema as () => unknown)());
  return Array.isArray(schema) && schema.length === 2 ? resolved(schema[0]) : schema;
}

function unknownName(path: string, option: string, hint: string): DaskFleetError {
  return invalid(`EC2's RunInstances takes no ${path} (the \`${option}\` option). ${hint}`);
}
