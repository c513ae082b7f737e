import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
/** The SDK's services. All but the first are what an operation needs that the one before has not. */
const SERVICES = ["oci-core", "oci-workrequests", "oci-identity"].map((name) =>
  join(dirname(require.resolve(name)), "lib"),
);

interface Operation {
  readonly verb: string;
  readonly path: string;
  readonly queryParameters: readonly string[];
  /** What is answered, such as `Array<model.Instance>`. */
  readonly answer: string | undefined;
  /** The service that has it. */
  readonly service: string;
}

interface Property {
  readonly type: string;
  readonly isRequired: boolean;
}

interface Model {
  readonly properties: ReadonlyMap<string, Property>;
  /** Values by an enumeration's name. */
  readonly enums: ReadonlyMap<string, readonly string[]>;
}

/** Operations by their names in the API reference, such as `LaunchInstance`, as the SDK was generated from OCI's description. */
export function officialOperations(): ReadonlyMap<string, Operation> {
  const found = new Map<string, Operation>();
  for (const service of SERVICES) {
    const text = readFileSync(join(service, "client.js"), "utf8");
    for (const source of text.split(/\n {4}(?=\w+\(\w*\) \{\n)/u)) {
      const [, name = ""] = /^(\w)/u.exec(source) === null ? [] : (/^(\w+)/u.exec(source) ?? []);
      const path = /\n\s+path: "(?<path>[^"]+)"/u.exec(source)?.groups?.["path"];
      const pascal = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
      if (path === undefined || found.has(pascal)) continue;
      const query = /const queryParams = \{(?<body>.*?)\};/su.exec(source)?.groups?.["body"] ?? "";
      found.set(pascal, {
        verb: /\n\s+method: "(?<verb>\w+)"/u.exec(source)?.groups?.["verb"] ?? "",
        path,
        queryParameters: [...query.matchAll(/"(\w+)":/gu)].map(([, parameter = ""]) => parameter),
        answer: /body(?:Key|Model).*?type: "(?<type>[^"]+)"/su.exec(source)?.groups?.["type"],
        service,
      });
    }
  }
  return found;
}

/** A model's fields, those that it inherits included; undefined where that service has no such model. */
export function officialModel(name: string, service = SERVICES[0] ?? ""): Model | undefined {
  const kebab = name.replaceAll(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/gu, "-").toLowerCase();
  const file = join(service, "model", `${kebab}.d.ts`);
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  const parent = /interface \w+ extends model\.(?<parent>\w+)/u.exec(text)?.groups?.["parent"];
  const inherited = parent === undefined ? undefined : officialModel(parent, service);
  const own = [...text.matchAll(/^ {4}"(\w+)"(\??): (.*?);?$/gmu)].map(
    ([, field = "", optional, type = ""]) => [field, { type, isRequired: optional === "" }] as const,
  );
  const enums = [...text.matchAll(/enum (\w+) \{(.*?)\}/gsu)].map(
    ([, title = "", body = ""]) => [title, [...body.matchAll(/= "([^"]+)"/gu)].map(([, value = ""]) => value)] as const,
  );
  return { properties: new Map([...(inherited?.properties ?? []), ...own]), enums: new Map(enums) };
}

/** What is wrong with an answer, or a part of one, that a model stands for. */
export function faultsOf(value: unknown, type: string, service: string, where = type): readonly string[] {
  const element = /^Array<(?<element>.*)>$/u.exec(type)?.groups?.["element"];
  if (element !== undefined) {
    if (!Array.isArray(value)) return [`${where} is no array`];
    return value.flatMap((each) => faultsOf(each, element, service, where));
  }
  const [, name] = /^model\.(\w+)$/u.exec(type) ?? [];
  const model = name === undefined ? undefined : officialModel(name, service);
  // A union of models, whose discriminator is not looked at; or a text.
  if (model === undefined || value === null || typeof value !== "object") return [];
  const entries = Object.entries(value);
  const missing = [...model.properties]
    .filter(([field, { isRequired }]) => isRequired && !entries.some(([key]) => key === field))
    .map(([field]) => `${where} has no ${field}`);
  const wrong = entries.flatMap(([field, each]) => {
    const property = model.properties.get(field);
    if (property === undefined) return [`${where}.${field} is unknown`];
    const values = model.enums.get(property.type.split(".").at(-1) ?? "");
    if (values !== undefined && typeof each === "string" && !values.includes(each))
      return [`${where}.${field}: ${each}`];
    return faultsOf(each, property.type, service, `${where}.${field}`);
  });
  return [...missing, ...wrong];
}
