import { computeDefinitions, isService } from "./protos.ts";

/** One method of the API, as its description tells. */
export interface Route {
  /** Such as `instances.bulkInsert`. */
  readonly operation: string;
  /** Such as `BulkInsertInstanceRequest`. */
  readonly requestType: string;
  readonly responseType: string;
  /** The field of the request that travels as the body; undefined where nothing does. */
  readonly bodyField: string | undefined;
  /** The values of the path, by field name. */
  readonly parameters: Readonly<Record<string, string>>;
}

interface Pattern extends Omit<Route, "parameters"> {
  readonly segments: readonly string[];
}

const VERBS = ["get", "post", "patch", "put", "delete"];
let patterns: Map<string, readonly Pattern[]> | undefined;

/** The method that a verb and a path mean, or undefined where Compute Engine has none. */
export function findRoute(verb: string, path: string): Route | undefined {
  patterns ??= readPatterns();
  const segments = path.split("/");
  const candidates = patterns.get(keyOf(verb, segments)) ?? [];
  const pattern = candidates.find((each) => matches(each.segments, segments));
  if (pattern === undefined) return undefined;
  const { segments: template, ...route } = pattern;
  const parameters: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    if (isParameter(part)) parameters[camelCase(part.slice(1, -1))] = decodeURIComponent(segments[index] ?? "");
  }
  return { ...route, parameters };
}

function readPatterns(): Map<string, readonly Pattern[]> {
  const found: { key: string; pattern: Pattern }[] = [];
  for (const [service, description] of Object.entries(computeDefinitions())) {
    if (!isService(description)) continue;
    for (const [method, { requestType, responseType, options }] of Object.entries(description.methods)) {
      const verb = VERBS.find((each) => options[`(google.api.http).${each}`] !== undefined);
      if (verb === undefined) continue;
      const segments = (options[`(google.api.http).${verb}`] ?? "").split("/");
      const body = options["(google.api.http).body"];
      const operation = `${lowerFirst(service)}.${lowerFirst(method)}`;
      const bodyField = body === undefined ? undefined : camelCase(body);
      found.push({
        key: keyOf(verb, segments),
        pattern: { operation, requestType, responseType, bodyField, segments },
      });
    }
  }
  // Where a fixed path and one with a name in its place both match, the fixed one is meant.
  found.sort((a, b) => names(a.pattern) - names(b.pattern));
  const byKey = new Map<string, Pattern[]>();
  for (const { key, pattern } of found) byKey.set(key, [...(byKey.get(key) ?? []), pattern]);
  return byKey;
}

function keyOf(verb: string, segments: readonly string[]): string {
  return `${verb.toLowerCase()} ${segments.length}`;
}

function matches(template: readonly string[], segments: readonly string[]): boolean {
  return template.every((part, index) => (isParameter(part) ? segments[index] !== "" : part === segments[index]));
}

function names({ segments }: Pattern): number {
  return segments.filter(isParameter).length;
}

function isParameter(part: string): boolean {
  return part.startsWith("{");
}

function camelCase(text: string): string {
  return text.replaceAll(/_(?<letter>[a-z0-9])/gu, (_, letter: string) => letter.toUpperCase());
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
