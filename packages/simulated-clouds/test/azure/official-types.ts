import { readFileSync } from "node:fs";

interface Reference {
  readonly $ref: string;
}

interface Property {
  readonly type: Reference;
  readonly flags: number;
}

interface Type {
  readonly $type: string;
  readonly name?: string;
  readonly value?: string;
  readonly body?: Reference;
  readonly elements?: readonly Reference[];
  readonly itemType?: Reference;
  readonly properties?: Readonly<Record<string, Property>>;
  readonly additionalProperties?: Reference;
}

/** Bits of a property's flags. */
const [REQUIRED, READ_ONLY, WRITE_ONLY] = [1, 2, 4];
/** What the path says already. */
const IN_PATH = new Set(["id", "name", "type", "apiVersion"]);

/** The types of the bodies of one provider's resources, as Bicep has them. */
export class BodyTypes {
  readonly #types: readonly Type[];
  readonly #resources: ReadonlyMap<string, Type>;

  constructor(file: string) {
    this.#types = JSON.parse(readFileSync(file, "utf8")) as Type[];
    this.#resources = new Map(
      this.#types
        .filter(({ $type }) => $type === "ResourceType")
        .map((type) => [(type.name ?? "").split("@")[0]?.toLowerCase() ?? "", type]),
    );
  }

  /** What is wrong with the body of a resource of that type, such as `Microsoft.Compute/virtualMachines`. */
  faults(resource: string, value: unknown, kind: "request" | "reply"): readonly string[] {
    const body = this.#resources.get(resource.toLowerCase())?.body;
    if (body === undefined) return [];
    const type = this.#at(body);
    const unsaid = kind === "request" ? IN_PATH : new Set(["apiVersion"]);
    const properties = Object.fromEntries(
      Object.entries(type.properties ?? {}).map(([name, property]) => [
        name,
        // A resource's name is in the path of a request and in the body of a reply.
        IN_PATH.has(name) ? { ...property, flags: unsaid.has(name) ? READ_ONLY : REQUIRED } : property,
      ]),
    );
    return this.#check({ ...type, properties }, value, resource, kind);
  }

  #at({ $ref }: Reference): Type {
    const type = this.#types[Number($ref.split("/")[1])];
    if (type === undefined) throw new Error(`There is no type ${$ref}`);
    return type;
  }

  #check(type: Type, value: unknown, where: string, kind: "request" | "reply"): readonly string[] {
    const wrong = [`${where} is ${JSON.stringify(value)?.slice(0, 80)}, which is no ${type.$type} ${type.value ?? ""}`];
    switch (type.$type) {
      case "AnyType":
        return [];
      case "StringType":
        return typeof value === "string" ? [] : wrong;
      case "BooleanType":
        return typeof value === "boolean" ? [] : wrong;
      case "IntegerType":
        return Number.isInteger(value) ? [] : wrong;
      case "StringLiteralType":
        return value === type.value ? [] : wrong;
      case "UnionType": {
        const each = (type.elements ?? []).map((element) => this.#check(this.#at(element), value, where, kind));
        return each.some((faults) => faults.length === 0) ? [] : (each[0] ?? wrong);
      }
      case "ArrayType": {
        const { itemType } = type;
        if (!Array.isArray(value) || itemType === undefined) return wrong;
        return value.flatMap((item, nth) => this.#check(this.#at(itemType), item, `${where}[${nth}]`, kind));
      }
      case "ObjectType":
        return typeof value === "object" && value !== null && !Array.isArray(value)
          ? this.#checkObject(type, value as Readonly<Record<string, unknown>>, where, kind)
          : wrong;
      default:
        return [`${where}: this check does not know ${type.$type}`];
    }
  }

  #checkObject(
    { properties = {}, additionalProperties }: Type,
    value: Readonly<Record<string, unknown>>,
    where: string,
    kind: "request" | "reply",
  ): readonly string[] {
    const missing = Object.entries(properties)
      .filter(([name, { flags }]) => (flags & REQUIRED) !== 0 && (flags & READ_ONLY) === 0 && value[name] === undefined)
      .map(([name]) => `${where}.${name} is missing`);
    const others = Object.entries(value).flatMap(([name, each]): readonly string[] => {
      const property = properties[name];
      const path = `${where}.${name}`;
      if (property === undefined) {
        if (additionalProperties === undefined) return [`${path} is not known`];
        return this.#check(this.#at(additionalProperties), each, path, kind);
      }
      if (((kind === "request" ? READ_ONLY : WRITE_ONLY) & property.flags) !== 0)
        return [`${path} is not of a ${kind}`];
      return this.#check(this.#at(property.type), each, path, kind);
    });
    return [...missing, ...others];
  }
}
