import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** A field of a message, as protobuf.js writes it. */
export interface FieldDescription {
  readonly type: string;
  readonly rule?: "repeated";
  readonly keyType?: string;
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface MessageDescription {
  readonly fields: Readonly<Record<string, FieldDescription>>;
  readonly nested?: Readonly<Record<string, MessageDescription | EnumDescription>>;
}

export interface EnumDescription {
  readonly values: Readonly<Record<string, number>>;
}

interface ServiceDescription {
  readonly methods: Readonly<
    Record<
      string,
      {
        readonly requestType: string;
        readonly responseType: string;
        readonly options: Readonly<Record<string, string>>;
      }
    >
  >;
}

export type Description = MessageDescription | EnumDescription | ServiceDescription;

interface Root {
  nested: { google: { nested: { cloud: { nested: { compute: { nested: { v1: { nested: Definitions } } } } } } } };
}
type Definitions = Readonly<Record<string, Description>>;

let definitions: Definitions | undefined;

/** What the installed SDK says of Compute Engine v1: every service, message and enum, by name. */
export function computeDefinitions(): Definitions {
  if (definitions === undefined) {
    const path = createRequire(import.meta.url).resolve("@google-cloud/compute/build/protos/protos.json");
    const root = JSON.parse(readFileSync(path, "utf8")) as Root;
    definitions = root.nested.google.nested.cloud.nested.compute.nested.v1.nested;
  }
  return definitions;
}

export function isMessage(description: Description | undefined): description is MessageDescription {
  return description !== undefined && "fields" in description;
}

export function isEnum(description: Description | undefined): description is EnumDescription {
  return description !== undefined && "values" in description;
}

export function isService(description: Description | undefined): description is ServiceDescription {
  return description !== undefined && "methods" in description;
}

/** An own field of that name: inherited properties do not count. */
export function fieldNamed({ fields }: MessageDescription, name: string): FieldDescription | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** The message of a name. */
export function messageNamed(name: string): MessageDescription {
  const found = computeDefinitions()[name];
  if (!isMessage(found)) throw new Error(`Compute Engine has no message ${name}.`);
  return found;
}

/** What a field's type name means inside its message: nested names come first. */
export function typeOfField(message: MessageDescription, { type }: FieldDescription): Description | undefined {
  return message.nested?.[type] ?? computeDefinitions()[type];
}

/** The enum whose names a `string` field takes: Compute Engine writes it beside the field, under the field's name. */
export function enumOfField(message: MessageDescription, name: string): EnumDescription | undefined {
  const nested = message.nested?.[name.charAt(0).toUpperCase() + name.slice(1)];
  return isEnum(nested) ? nested : undefined;
}

const enumNames = new WeakMap<EnumDescription, ReadonlySet<unknown>>();

/** The names that an enum's value can have on the wire. */
export function namesOf(description: EnumDescription): ReadonlySet<unknown> {
  let names = enumNames.get(description);
  if (names === undefined) {
    names = new Set(Object.keys(description.values).filter((name) => !name.startsWith("UNDEFINED_")));
    enumNames.set(description, names);
  }
  return names;
}

const required = new WeakMap<MessageDescription, readonly string[]>();

/** The names of a message's fields that must be there. */
export function requiredFields(message: MessageDescription): readonly string[] {
  let names = required.get(message);
  if (names === undefined) {
    names = Object.keys(message.fields).filter((name) => isRequired(message.fields[name]));
    required.set(message, names);
  }
  return names;
}

function isRequired(field: FieldDescription | undefined): boolean {
  return field?.options?.["(google.api.field_behavior)"] === "REQUIRED";
}
