import { invalid } from "../../../src/options/invalid.ts";
import { didYouMean } from "../../../src/options/option-names.ts";
import { type Message, sdkParts } from "../api/sdk-parts.ts";

/**
 * Checks the names in an override against the SDK's own description of the API: the SDK drops a name that it does not know, and
 * says nothing.
 *
 * @throws DaskFleetError `CONFIG_INVALID` that names the nearest known name
 */
export async function assertKnownFields(option: string, value: Readonly<Record<string, unknown>>): Promise<void> {
  if (Object.keys(value).length === 0) return;
  const { messages } = await sdkParts();
  check(value, { message: messageNamed("google.cloud.compute.v1.InstanceProperties", messages), path: "", option });
}

interface Place {
  readonly message: Message | undefined;
  readonly path: string;
  readonly option: string;
}

function check(value: unknown, place: Place): void {
  const { message, path, option } = place;
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
    const inner = messageNamed(field.type, message);
    for (const one of field.keyType === undefined ? [each] : Object.values(each ?? {})) {
      check(one, { ...place, message: inner, path: here });
    }
  }
}

function messageNamed(name: string, from: Pick<Message, "lookup">): Message | undefined {
  const found = from.lookup(name);
  return found?.fields === undefined ? undefined : (found as Message);
}
