import { invalidValue, missing, Violation } from "../errors.ts";
import type { FormNode } from "./form.ts";
import type { ListShape, Shape, StructShape, ValueShape } from "./shapes.ts";

/**
 * A query as the operation's input in the SDK's own words.
 *
 * @throws Ec2Error where a parameter is unknown (a violation), has a wrong form or is missing.
 */
export function decodeInput(shape: StructShape, form: FormNode): Record<string, unknown> {
  return decodeStruct(shape, form, "");
}

function decodeStruct(shape: StructShape, node: FormNode, path: string): Record<string, unknown> {
  if (node.value !== undefined) throw unknownParameter(path);
  const result: Record<string, unknown> = {};
  const left = new Map(node.children);
  for (const member of shape.members) {
    const child = left.get(member.queryName);
    left.delete(member.queryName);
    const inner = `${path}${path === "" ? "" : "."}${member.queryName}`;
    if (child !== undefined) result[member.name] = decode(member.shape, child, inner);
    else if (member.required) throw missing(inner);
  }
  const [unknown] = left.keys();
  if (unknown !== undefined) throw unknownParameter(`${path}${path === "" ? "" : "."}${unknown}`);
  return result;
}

function decodeList(shape: ListShape, node: FormNode, path: string): unknown[] {
  if (node.value !== undefined) throw unknownParameter(path);
  const numbered = [...node.children].map(([index, child]) => ({ index: Number(index), child, name: index }));
  for (const { index, name } of numbered) {
    if (!Number.isInteger(index) || index < 1) throw unknownParameter(`${path}.${name}`);
  }
  return numbered
    .sort((a, b) => a.index - b.index)
    .map(({ index, child }) => decode(shape.item, child, `${path}.${index}`));
}

function decode(shape: Shape, node: FormNode, path: string): unknown {
  if (shape.kind === "struct") return decodeStruct(shape, node, path);
  if (shape.kind === "list") return decodeList(shape, node, path);
  const [unknown] = node.children.keys();
  if (unknown !== undefined) throw unknownParameter(`${path}.${unknown}`);
  return VALUES[shape.kind](node.value ?? "", path);
}

const VALUES: Readonly<Record<ValueShape["kind"], (text: string, path: string) => unknown>> = {
  string: (text) => text,
  number: (text, path) => {
    if (!/^-?\d+(?:\.\d+)?$/u.test(text)) throw invalidValue(`Invalid value '${text}' for ${path}: not a number`);
    return Number(text);
  },
  boolean: (text, path) => {
    if (text !== "true" && text !== "false") throw invalidValue(`Invalid value '${text}' for boolean ${path}`);
    return text === "true";
  },
  timestamp: (text, path) => {
    const time = new Date(text);
    if (Number.isNaN(time.getTime())) throw invalidValue(`Invalid value '${text}' for timestamp ${path}`);
    return time;
  },
  blob: (text) => Buffer.from(text, "base64"),
};

function unknownParameter(name: string): Violation {
  return new Violation("UnknownParameter", `The parameter ${name} is not recognized`);
}
