import { createRequire } from "node:module";

import { invalid } from "../../src/options/invalid.ts";
import { didYouMean } from "../../src/options/suggest.ts";

interface Message {
  readonly fields: Readonly<Record<string, { readonly type: string; readonly keyType?: string }>>;
  readonly nested?: Readonly<Record<string, unknown>>;
}
type Definitions = Readonly<Record<string, unknown>>;

/**
 * Checks the names in an override against the SDK's own description of the API: the SDK drops a name that it does not know, and
 * says nothing.
 *
 * @throws DaskFleetError `CONFIG_INVALID` that names the nearest known name
 */
export function assertKnownFields(option: string, value: Readonly<Record<string, unknown>>): void {
  if (Object.keys(value).length === 0) return;
  const definitions = computeDefinitions();
  check(value, { message: messageNamed("InstanceProperties", definitions), path: "", option, definitions });
}

interface Place {
  readonly message: Message | undefined;
  readonly path: string;
  readonly option: string;
  readonly definitions: Definitions;
}

function check(value: unknown, place: Place): void {
  const { message, path, option, definitions } = place;
  if (message === undefined || typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) check(each, { ...place, path: `${path}[${index}]` });
    return;
  }
  for (const [name, each] of Object.entries(value)) {
    const here = path === "" ? name : `${path}.${name}`;
    const field = message.fields[name];
    if (field === undefined) {
      const hint = didYouMean(name, Object.keys(message.fields));
      throw invalid(`Compute Engine's InstanceProperties have no ${here} (the \`${option}\` option). ${hint}`);
    }
    const inner = messageNamed(field.type, { ...definitions, ...message.nested });
    for (const one of field.keyType === undefined ? [each] : Object.values(each ?? {})) {
      check(one, { ...place, message: inner, path: here });
    }
  }
}

function messageNamed(name: string, definitions: Definitions): Message | undefined {
  const found = definitions[name] as Partial<Message> | undefined;
  return found?.fields === undefined ? undefined : (found as Message);
}

/** The SDK has loaded the same file, in the same way: it is in memory. */
function computeDefinitions(): Definitions {
  const require = createRequire(import.meta.url);
  const root = require("@google-cloud/compute/build/protos/protos.json") as {
    nested: { google: { nested: { cloud: { nested: { compute: { nested: { v1: { nested: Definitions } } } } } } } };
  };
  return root.nested.google.nested.cloud.nested.compute.nested.v1.nested;
}
