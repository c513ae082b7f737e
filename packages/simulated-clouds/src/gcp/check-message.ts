import {
  type EnumDescription,
  enumOfField,
  type FieldDescription,
  fieldNamed,
  isEnum,
  isMessage,
  type MessageDescription,
  messageNamed,
  namesOf,
  requiredFields,
  typeOfField,
} from "./protos.ts";

/**
 * What Compute Engine would not understand in a message: unknown fields, wrong types, unknown enum names, missing required
 * fields, at any depth. Empty when all is well. For requests as the wire carries them (JSON) and as the SDK's calls take them:
 * the SDK drops unknown fields silently, so a test of a caller checks what goes in.
 *
 * @param typeName such as `Instance` or `InsertInstanceRequest`.
 */
export function checkMessage(typeName: string, value: unknown): readonly string[] {
  const problems: string[] = [];
  checkFields(typeName, messageNamed(typeName), value, "", problems);
  return problems;
}

function checkFields(
  typeName: string,
  message: MessageDescription,
  value: unknown,
  path: string,
  problems: string[],
): void {
  const at = path === "" ? typeName : path;
  if (!isRecord(value)) {
    problems.push(`${at}: ${shown(value)} is no ${typeName}`);
    return;
  }
  for (const name of requiredFields(message)) {
    if (isUnset(value[name])) problems.push(`${at}: the required field "${name}" is missing`);
  }
  for (const [name, entry] of Object.entries(value)) {
    const field = fieldNamed(message, name);
    const inner = path === "" ? name : `${path}.${name}`;
    if (field === undefined) {
      problems.push(`${at}: ${typeName} has no field "${name}"`);
    } else if (entry !== undefined && entry !== null) {
      checkField(message, name, field, entry, inner, problems);
    }
  }
}

function checkField(
  message: MessageDescription,
  name: string,
  field: FieldDescription,
  value: unknown,
  path: string,
  problems: string[],
): void {
  const checkOne = (one: unknown, at: string): void => {
    const type = typeOfField(message, field);
    if (isMessage(type)) {
      checkFields(field.type, type, one, at, problems);
      return;
    }
    const names = isEnum(type) ? type : enumOfField(message, name);
    const problem = names === undefined ? scalarProblem(field.type, one) : enumProblem(names, one);
    if (problem !== undefined) problems.push(`${at}: ${problem}`);
  };
  if (field.keyType !== undefined) {
    if (!isRecord(value)) problems.push(`${path}: ${shown(value)} is no map`);
    else for (const [key, one] of Object.entries(value)) checkOne(one, `${path}[${JSON.stringify(key)}]`);
  } else if (field.rule === "repeated") {
    if (!Array.isArray(value)) problems.push(`${path}: ${shown(value)} is no array`);
    else for (const [index, one] of value.entries()) checkOne(one, `${path}[${index}]`);
  } else {
    checkOne(value, path);
  }
}

function enumProblem(description: EnumDescription, value: unknown): string | undefined {
  const names = namesOf(description);
  return names.has(value) ? undefined : `${shown(value)} is none of ${[...names].join(", ")}`;
}

const INTEGERS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

function scalarProblem(type: string, value: unknown): string | undefined {
  const range = INTEGERS[type];
  if (range !== undefined) {
    const text = typeof value === "number" || (typeof value === "string" && type.endsWith("64")) ? String(value) : "";
    const fits = /^-?\d+$/.test(text) && BigInt(text) >= range[0] && BigInt(text) <= range[1];
    return fits ? undefined : `${shown(value)} is no ${type}`;
  }
  if (type === "double" || type === "float")
    return typeof value === "number" ? undefined : `${shown(value)} is no number`;
  if (type === "bool") return typeof value === "boolean" ? undefined : `${shown(value)} is no boolean`;
  if (type === "string") return typeof value === "string" ? undefined : `${shown(value)} is no string`;
  return isRecord(value) ? undefined : `${shown(value)} is no ${type}`;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
