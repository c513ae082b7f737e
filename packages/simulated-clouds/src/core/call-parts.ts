import { NotUnderstood, type WireRequest } from "./http-cloud.ts";

/** A call whose route names parts of its path. */
interface PathCall {
  readonly parts: Readonly<Record<string, string>>;
}

interface QueryCall {
  readonly request: WireRequest;
}

/** A part of the path that the route has. */
export function part({ parts }: PathCall, name: string): string {
  const value = parts[name];
  if (value === undefined) throw new Error(`The path has no ${name}`);
  return value;
}

export function query({ request }: QueryCall, name: string): string | undefined {
  return request.url.searchParams.get(name) ?? undefined;
}

/** `true`, `false` or nothing. */
export function flag(call: QueryCall, name: string): boolean {
  const value = query(call, name) ?? "false";
  if (value !== "true" && value !== "false") throw new NotUnderstood(`${name}=${value}`);
  return value === "true";
}
