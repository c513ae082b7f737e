import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { BodyTypes } from "./official-types.ts";

type Json = Readonly<Record<string, unknown>>;

const DIRECTORY = fileURLToPath(new URL("../../../../../shared/specs/api/azure", import.meta.url));

/** Azure's own descriptions, where this computer has them: routes of 2023, bodies of 2025 and 2026. */
export function officialDescription(): OfficialDescription | undefined {
  return existsSync(DIRECTORY) ? new OfficialDescription() : undefined;
}

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly string[];
  readonly status: number;
}

class OfficialDescription {
  readonly types = [
    new BodyTypes(`${DIRECTORY}/types/compute_1/microsoft.compute/2026-04-01/types.json`),
    new BodyTypes(`${DIRECTORY}/types/network/microsoft.network/2025-09-01/types.json`),
  ];
  readonly #routes: readonly { readonly pattern: RegExp; readonly methods: Json; readonly file: string }[];
  readonly #files = new Map<string, Json>();

  constructor() {
    this.#routes = globSync(`${DIRECTORY}/swagger/**/*.json`).flatMap((file) =>
      Object.entries((this.#file(file)["paths"] ?? {}) as Readonly<Record<string, Json>>).map(([path, methods]) => ({
        pattern: new RegExp(`^${path.replaceAll(/\{[^}]+\}/gu, "[^/]+")}$`, "iu"),
        methods,
        file,
      })),
    );
  }

  /** What is wrong with a call; nothing where the description leaves out its path. */
  routeFaults({ method, path, parameters, status }: Exchange): readonly string[] {
    const routes = this.#routes.filter(({ pattern }) => pattern.test(path));
    if (routes.length === 0) return [];
    const route = routes.find(({ methods }) => methods[method.toLowerCase()] !== undefined);
    if (route === undefined) return [`no ${method} ${path}`];
    const operation = route.methods[method.toLowerCase()] as Json;
    const known = ((operation["parameters"] ?? []) as readonly Json[]).map((each) => this.#resolved(each, route.file));
    const names = new Set(known.filter((each) => each["in"] === "query").map(({ name }) => name as string));
    const statuses = Object.keys(operation["responses"] as Json);
    return [
      ...parameters.filter((name) => !names.has(name)).map((name) => `${method} ${path} has no parameter ${name}`),
      ...(status >= 400 || statuses.includes(String(status)) ? [] : [`${method} ${path} answers no ${status}`]),
    ];
  }

  /** What is wrong with a body. */
  bodyFaults(path: string, body: unknown, kind: "request" | "reply"): readonly string[] {
    const { type } =
      /\/providers\/(?<type>Microsoft\.\w+\/\w+(?:\/[^/]+\/virtualMachines|\/[^/]+\/subnets)?)/iu.exec(path)?.groups ??
      {};
    const name = (type ?? "").replace(/\/[^/]+\/(?=virtualMachines|subnets)/u, "/");
    return this.types.flatMap((types) => types.faults(name, body, kind)).map((fault) => `${path} ${kind}: ${fault}`);
  }

  #resolved(value: Json, file: string): Json {
    const reference = value["$ref"];
    if (typeof reference !== "string") return value;
    const [where = "", steps = ""] = reference.split("#/");
    const other = where === "" ? file : fileURLToPath(new URL(where, `file://${file}`));
    const found = steps.split("/").reduce<unknown>((node, step) => (node as Json)[step], this.#file(other));
    return this.#resolved(found as Json, other);
  }

  #file(path: string): Json {
    const known = this.#files.get(path) ?? (JSON.parse(readFileSync(path, "utf8")) as Json);
    this.#files.set(path, known);
    return known;
  }
}
