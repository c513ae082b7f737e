import { NotUnderstood, type WireRequest } from "../core/http-cloud.ts";
import { checkMessage, isRecord } from "./check-message.ts";
import { FIELDS } from "./partial-answer.ts";
import { fieldNamed, messageNamed } from "./protos.ts";
import { findRoute, type Route } from "./routes.ts";

/** A request that Compute Engine understands. */
export interface ApiCall {
  readonly route: Route;
  /** Path and query, by field name; empty texts count as not given. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** @throws NotUnderstood where there is no such method. */
export function routeOf({ method, url }: WireRequest): Route {
  const route = findRoute(method, url.pathname);
  if (route === undefined) throw new NotUnderstood(`Compute Engine has no ${method} ${url.pathname}`);
  return route;
}

/** @throws NotUnderstood with everything that its description does not allow. */
export function parseRequest(request: WireRequest): ApiCall {
  const route = routeOf(request);
  const problems = [...queryProblems(route, request.url)];
  const body = parseBody(route, request.body, problems);
  if (problems.length === 0) {
    const resource = route.bodyField === undefined ? {} : { [route.bodyField]: body };
    problems.push(...checkMessage(route.requestType, { ...asMessage(route, request.url), ...resource }));
  }
  if (problems.length > 0) throw new NotUnderstood(`${route.operation}: ${problems.join("; ")}`);
  return { route, parameters: { ...Object.fromEntries(request.url.searchParams), ...route.parameters }, body };
}

function queryProblems({ requestType, bodyField, parameters }: Route, url: URL): string[] {
  const message = messageNamed(requestType);
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const name of url.searchParams.keys()) {
    if (name === FIELDS) continue;
    const field = fieldNamed(message, name);
    if (field === undefined || name === bodyField || name in parameters) {
      problems.push(`${requestType} has no query parameter "${name}"`);
      continue;
    }
    if (seen.has(name) && field.rule !== "repeated") problems.push(`"${name}" is there more than once`);
    seen.add(name);
  }
  return problems;
}

/** Path and query as the request's message has them. */
function asMessage({ requestType, parameters }: Route, url: URL): Record<string, unknown> {
  const message = messageNamed(requestType);
  const value: Record<string, unknown> = { ...parameters };
  for (const name of url.searchParams.keys()) {
    if (name === FIELDS) continue;
    const { type = "string", rule } = fieldNamed(message, name) ?? {};
    const values = url.searchParams.getAll(name).map((text) => fromText(type, text));
    value[name] = rule === "repeated" ? values : values[0];
  }
  return value;
}

function fromText(type: string, text: string): unknown {
  if (type === "bool") return text === "true" ? true : text === "false" ? false : text;
  return type === "int32" || type === "uint32" ? Number(text) : text;
}

function parseBody({ bodyField }: Route, bytes: Buffer, problems: string[]): Readonly<Record<string, unknown>> {
  const text = bytes.toString();
  // The SDK sends an empty JSON text where a method has no body.
  if (text === "" || text === '""') return {};
  if (bodyField === undefined) {
    problems.push(`a body where there is none: ${text.slice(0, 60)}`);
    return {};
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    // Said below.
  }
  problems.push("the body is no JSON object");
  return {};
}
