import type { Shape, StructShape } from "./shapes.ts";
import { element, escapeXml } from "./xml.ts";

/**
 * What is in a structure, as XML. Fields are those of the SDK; undefined ones are left out.
 *
 * @throws Error where the structure has no such field: an answer that the real EC2 could not give.
 */
export function encodeMembers(shape: StructShape, value: object): string {
  const fields = new Map(Object.entries(value));
  let xml = "";
  for (const member of shape.members) {
    const field: unknown = fields.get(member.name);
    fields.delete(member.name);
    if (field !== undefined)
      xml += element(member.xmlName, encode(member.shape, field, `${shape.name}.${member.name}`));
  }
  const [unknown] = fields.keys();
  if (unknown !== undefined) throw new Error(`${shape.name} has no field ${unknown}`);
  return xml;
}

function encode(shape: Shape, value: unknown, path: string): string {
  if (shape.kind === "struct") {
    if (typeof value !== "object" || value === null) throw new Error(`${path} must be a structure`);
    return encodeMembers(shape, value);
  }
  if (shape.kind === "list") {
    if (!Array.isArray(value)) throw new Error(`${path} must be a list`);
    return value.map((item: unknown) => element(shape.itemName, encode(shape.item, item, path))).join("");
  }
  if (shape.kind === "timestamp") {
    if (!(value instanceof Date)) throw new Error(`${path} must be a Date`);
    return value.toISOString();
  }
  if (shape.kind === "blob") return Buffer.from(value as Uint8Array).toString("base64");
  if (typeof value !== shape.kind) throw new Error(`${path} must be a ${shape.kind}`);
  return escapeXml(String(value));
}
