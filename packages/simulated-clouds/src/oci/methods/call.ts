import { query } from "../../core/call-parts.ts";
import { NotUnderstood, type WireReply, type WireRequest } from "../../core/http-cloud.ts";
import { ApiError } from "../api-error.ts";
import { checkCompartment } from "../checks/names.ts";
import { type Listed, pageOf } from "../pages.ts";
import type { Operation } from "../routes.ts";
import type { Account } from "../state/account.ts";
import type { Resource } from "../state/resource.ts";

export { flag, part, query } from "../../core/call-parts.ts";

export interface Call {
  readonly operation: Operation;
  readonly account: Account;
  readonly request: WireRequest;
  /** What stands in the path. */
  readonly parts: Readonly<Record<string, string>>;
  readonly pageSize: number;
}

export type Method = (call: Call) => WireReply | Promise<WireReply>;

export const NO_CONTENT: WireReply = { status: 204 };

export function reply(body: object, headers: Readonly<Record<string, string>> = {}): WireReply {
  return { status: 200, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

type Shown = Resource & { toJson(): Readonly<Record<string, unknown>> };

/** A resource, with its etag. */
export function resourceReply(item: Shown, headers: Readonly<Record<string, string>> = {}): WireReply {
  return reply(item.toJson(), { etag: item.etag, ...headers });
}

/** Where `if-match` is sent, it must be the etag of what is there. @throws ApiError 412 */
export function checkMatch({ request: { headers } }: Call, { etag }: Resource): void {
  const { "if-match": wanted } = headers;
  if (wanted === undefined || wanted === "*" || wanted === etag) return;
  throw new ApiError(412, "NoEtagMatch", "The resource has been modified since the etag in if-match was read.");
}

/** Makes something once for each `opc-retry-token`. */
export function once<Item extends Resource>(
  { account, operation, request }: Call,
  make: () => Item,
  find: (id: string) => Item | undefined,
): Item {
  const { headers, body } = request;
  return account.retryTokens.once({ operation, token: headers["opc-retry-token"], body }, make, find);
}

/** A list of what has ids. */
export function list({ request, pageSize }: Call, items: readonly Shown[]): WireReply {
  return listOf(
    { request, pageSize },
    items.map((item) => ({ key: item.id, json: () => item.toJson() })),
  );
}

export function listOf({ request, pageSize }: Pick<Call, "request" | "pageSize">, items: readonly Listed[]): WireReply {
  return pageOf(items, request.url, pageSize);
}

/** The compartment that a list is of. */
export function compartmentOf(call: Call): string {
  return checkCompartment(call.account, query(call, "compartmentId"));
}

/** What of a compartment's resources a list's parameters let through. */
export function filtered<Item extends Shown>(
  call: Call,
  items: readonly Item[],
  names: readonly string[],
): readonly Item[] {
  const wanted = names.flatMap((name) => {
    const value = query(call, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const matching = items.filter((item) => {
    if (wanted.length === 0) return true;
    const json = item.toJson();
    return wanted.every(([name, value]) => json[name] === value);
  });
  return sorted(call, matching);
}

/** The newest first, unless another order is asked for. */
function sorted<Item extends Resource>(call: Call, items: readonly Item[]): readonly Item[] {
  const sortBy = query(call, "sortBy") ?? "TIMECREATED";
  const order = query(call, "sortOrder") ?? (sortBy === "TIMECREATED" ? "DESC" : "ASC");
  if (!["TIMECREATED", "DISPLAYNAME"].includes(sortBy)) throw new NotUnderstood(`sortBy=${sortBy}`);
  if (!["ASC", "DESC"].includes(order)) throw new NotUnderstood(`sortOrder=${order}`);
  const compare =
    sortBy === "TIMECREATED"
      ? (a: Item, b: Item): number => a.createdAt - b.createdAt
      : (a: Item, b: Item): number => a.displayName.localeCompare(b.displayName);
  return order === "ASC" ? items.toSorted(compare) : items.toSorted((a, b) => compare(b, a));
}
