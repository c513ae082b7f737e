import * as sdk from "@aws-sdk/client-ec2";

/** A structure, list or value of EC2's API, as the SDK ships its description. */
export type Shape = StructShape | ListShape | ValueShape;

export interface StructShape {
  readonly kind: "struct";
  readonly name: string;
  readonly members: readonly Member[];
}

export interface ListShape {
  readonly kind: "list";
  readonly item: Shape;
  /** What the elements of the list are called in an answer. */
  readonly itemName: string;
}

export interface ValueShape {
  readonly kind: "string" | "number" | "boolean" | "timestamp" | "blob";
}

interface Member {
  /** Its name in the SDK. */
  readonly name: string;
  /** Its name in a request. */
  readonly queryName: string;
  /** Its name in an answer. */
  readonly xmlName: string;
  readonly required: boolean;
  readonly shape: Shape;
}

export interface OperationShape {
  readonly input: StructShape;
  readonly output: StructShape;
}

/** The operation of that name, if EC2 has one. */
export function operationShape(name: string): OperationShape | undefined {
  const schema = (sdk as unknown as Readonly<Record<string, unknown>>)[`${name}$`];
  if (!Array.isArray(schema) || schema[0] !== Kind.operation) return undefined;
  return { input: structOf(schema[4] as Reference), output: structOf(schema[5] as Reference) };
}

/** First number of the SDK's tuples; see `@smithy/core/schema`. */
const Kind = { simple: 0, list: 1, struct: 3, operation: 9 } as const;
const VALUES: Readonly<Record<number, ValueShape["kind"]>> = {
  0: "string",
  1: "number",
  2: "boolean",
  4: "timestamp",
  5: "timestamp",
  6: "timestamp",
  7: "timestamp",
  17: "number",
  21: "blob",
};
/** Lists of values without a name of their own are numbers too. */
const LIST_OF = 64;

type Traits = Readonly<Record<string, string>>;
type Schema = readonly unknown[];
/** A schema, a function that returns one (they are recursive), or such a thing with the traits of its place. */
type Reference = number | string | Schema | (() => Reference);

const structs = new WeakMap<Schema, StructShape>();

function structOf(reference: Reference): StructShape {
  const { schema } = resolve(reference);
  if (schema === "unit") return { kind: "struct", name: "unit", members: [] };
  const shape = shapeOf(reference);
  if (shape.kind !== "struct") throw new Error(`A ${shape.kind} is no structure`);
  return shape;
}

function shapeOf(reference: Reference): Shape {
  const { schema } = resolve(reference);
  if (typeof schema === "number") return valueOrList(schema);
  if (typeof schema === "string") throw new Error(`Not a shape: ${schema}`);
  switch (schema[0]) {
    case Kind.simple:
      return shapeOf(schema[4] as Reference);
    case Kind.list: {
      const item = schema[4] as Reference;
      const shape = once(() => shapeOf(item));
      return {
        kind: "list",
        get item() {
          return shape();
        },
        itemName: resolve(item).traits["xmlName"] ?? "member",
      };
    }
    case Kind.struct: {
      const known = structs.get(schema) ?? readStruct(schema);
      structs.set(schema, known);
      return known;
    }
    default:
      throw new Error(`The SDK describes something that is neither value nor list nor structure: ${String(schema[2])}`);
  }
}

function readStruct(schema: Schema): StructShape {
  const [names, references, required = 0] = schema.slice(4) as [string[], Reference[], number?];
  const members = names.map((name, index): Member => {
    const reference = references[index] ?? 0;
    const { traits } = resolve(reference);
    const xmlName = traits["xmlName"] ?? name;
    const shape = once(() => shapeOf(reference));
    return {
      name,
      queryName: traits["ec2QueryName"] ?? `${xmlName.slice(0, 1).toUpperCase()}${xmlName.slice(1)}`,
      xmlName,
      required: index < required,
      get shape() {
        return shape();
      },
    };
  });
  return { kind: "struct", name: String(schema[2]), members };
}

/** Structures hold each other, so what they hold is looked at when it is needed. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function valueOrList(code: number): Shape {
  if (code >= LIST_OF) return { kind: "list", item: valueOrList(code - LIST_OF), itemName: "member" };
  const kind = VALUES[code];
  if (kind === undefined) throw new Error(`The SDK's value type ${code} is not known here`);
  return { kind };
}

/** The schema itself, and the traits that its place gives it. */
function resolve(reference: Reference): { readonly schema: number | string | Schema; readonly traits: Traits } {
  if (typeof reference === "function") return resolve(reference());
  if (!Array.isArray(reference) || reference.length !== 2) {
    return { schema: reference as number | string | Schema, traits: {} };
  }
  const inner = resolve(reference[0] as Reference);
  const own = typeof reference[1] === "object" ? (reference[1] as Traits) : {};
  return { schema: inner.schema, traits: { ...inner.traits, ...own } };
}
