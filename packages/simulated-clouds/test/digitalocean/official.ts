import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { z } from "zod";

type Json = Readonly<Record<string, unknown>>;

const FILE = fileURLToPath(new URL("../../../../../shared/specs/api/digitalocean-subset.json", import.meta.url));

/** DigitalOcean's own description of its API, where this computer has it. */
export function officialDescription(): OfficialDescription | undefined {
  return existsSync(FILE) ? new OfficialDescription(JSON.parse(readFileSync(FILE, "utf8")) as Json) : undefined;
}

class OfficialDescription {
  readonly #document: Json;
  readonly #schemas = new Map<string, z.ZodType>();

  constructor(document: Json) {
    this.#document = document;
  }

  /** What is wrong with a request's body, or with the reply's where there is a status. */
  faults(method: string, path: string, body: unknown, status?: number): readonly string[] {
    const operation = this.#operation(method, path);
    const holder = status === undefined ? operation["requestBody"] : (operation["responses"] as Json)[status];
    if (holder === undefined) return [`${method} ${path} has no ${status ?? "body"}`];
    const content = this.#resolved(holder)["content"] as Json | undefined;
    if (content === undefined) return body === undefined ? [] : [`${method} ${path} ${status} has no content`];
    const result = this.#schema(`${method} ${path} ${status}`, content["application/json"]).safeParse(body);
    return result.success ? [] : [`${method} ${path} ${status ?? "request"}: ${z.prettifyError(result.error)}`];
  }

  #operation(method: string, path: string): Json {
    const paths = this.#document["paths"] as Readonly<Record<string, Json>>;
    const template = Object.keys(paths)
      .sort((a, b) => a.split("{").length - b.split("{").length)
      .find((each) => new RegExp(`^${each.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`).test(path));
    const operation = paths[template ?? ""]?.[method.toLowerCase()];
    if (operation === undefined) throw new Error(`DigitalOcean has no ${method} ${path}`);
    return operation as Json;
  }

  #schema(key: string, media: unknown): z.ZodType {
    const known = this.#schemas.get(key);
    if (known !== undefined) return known;
    const schema = this.#plain(this.#resolved(media)["schema"] ?? {}, 0) as Parameters<typeof z.fromJSONSchema>[0];
    const made = z.fromJSONSchema(schema, { defaultTarget: "openapi-3.0" });
    this.#schemas.set(key, made);
    return made;
  }

  /** Without references, examples and what zod has no word for. */
  #plain(value: unknown, depth: number): unknown {
    if (depth > 60) return {};
    if (Array.isArray(value)) return value.map((each) => this.#plain(each, depth + 1));
    if (typeof value !== "object" || value === null) return value;
    const {
      example: _example,
      description: _description,
      default: _default,
      format: _format,
      ...rest
    } = this.#resolved(value);
    return Object.fromEntries(
      Object.entries(rest).map(([name, each]) => [
        // Alternatives that lack `required` are all met by the same value.
        name === "oneOf" ? "anyOf" : name,
        this.#plain(each, depth + 1),
      ]),
    );
  }

  #resolved(value: unknown): Json {
    let resolved = value as Json;
    while (typeof resolved["$ref"] === "string") {
      const steps = resolved["$ref"].split("/").slice(1);
      resolved = steps.reduce<unknown>(
        (node, step) => (node as Json)[decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~")],
        this.#document,
      ) as Json;
    }
    return resolved;
  }
}
