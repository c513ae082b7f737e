import { NotUnderstood, type WireReply, type WireRequest } from "../../core/http-cloud.ts";
import { ApiError, jsonReply } from "../api-error.ts";
import type { Account } from "../state/account.ts";
import type { LongOperation } from "../state/operations.ts";
import { SUBSCRIPTION } from "../state/shelf.ts";

export interface Call {
  readonly account: Account;
  readonly request: WireRequest;
  /** What stands in the path. */
  readonly parts: Readonly<Record<string, string>>;
  readonly endpoint: string;
  readonly pageSize: number;
  /** Operations that the caller has no right to. */
  readonly forbidden: ReadonlySet<string>;
}

export type Method = (call: Call) => WireReply;

export { flag, part, query } from "../../core/call-parts.ts";

/** A page of a list, with the whole address of the next one. */
export function pageReply({ request, pageSize, endpoint }: Call, items: readonly object[]): WireReply {
  const from = Number(request.url.searchParams.get("$skipToken") ?? 0);
  if (!Number.isInteger(from) || from < 0) throw new NotUnderstood("$skipToken");
  const next = new URL(`${request.url.pathname}${request.url.search}`, endpoint);
  next.searchParams.set("$skipToken", String(from + pageSize));
  return jsonReply(200, {
    value: items.slice(from, from + pageSize),
    ...(items.length > from + pageSize ? { nextLink: next.href } : {}),
  });
}

const SECONDS_BETWEEN_POLLS = 10;

/** When to ask again, in whole seconds of the client's own: none of them is the SDK's own interval. */
export function askAgain({ account }: Call): { readonly "retry-after": string } {
  return { "retry-after": String(Math.floor(SECONDS_BETWEEN_POLLS / account.clock.speed)) };
}

/** The answer to what has begun: where to ask for it, and when. */
export function begun(call: Call, operation: LongOperation, status: 200 | 201 | 202, body?: object): WireReply {
  const { request, endpoint } = call;
  const { provider, location } = operation.plan;
  const base = `${endpoint}/subscriptions/${SUBSCRIPTION}/providers/${provider}/locations/${location}`;
  const version = `api-version=${request.url.searchParams.get("api-version") ?? ""}`;
  const headers = {
    "azure-asyncoperation": `${base}/operations/${operation.id}?p=${operation.id.slice(0, 8)}&${version}`,
    ...askAgain(call),
    ...(request.method === "PUT"
      ? {}
      : { location: `${base}/operationResults/${operation.id}?p=${operation.id.slice(0, 8)}&${version}` }),
  };
  return body === undefined ? { status, headers } : jsonReply(status, body, headers);
}

/** `If-None-Match: *` creates only, `If-Match` changes only the version that the caller has read. @throws ApiError 412 */
export function checkConditions({ request: { headers } }: Call, existing: { readonly etag: string } | undefined): void {
  const [ifMatch, ifNoneMatch] = [headers["if-match"], headers["if-none-match"]];
  if (ifNoneMatch !== undefined && (ifNoneMatch !== "*" || ifMatch !== undefined)) {
    throw new NotUnderstood("If-None-Match other than *");
  }
  if (ifNoneMatch === "*" && existing !== undefined) {
    throw preconditionFailed("The resource exists, and the if-none-match header is *.");
  }
  if (ifMatch === undefined || (ifMatch === "*" && existing !== undefined) || ifMatch === existing?.etag) return;
  // In these words: kubernetes-sigs/cloud-provider-azure#9728.
  throw preconditionFailed(
    `Etag provided in if-match header ${ifMatch} does not match etag ${existing?.etag} of resource.`,
  );
}

function preconditionFailed(message: string): ApiError {
  return new ApiError(412, "PreconditionFailed", message);
}
