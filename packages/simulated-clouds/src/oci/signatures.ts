import { createHash, type KeyObject, verify } from "node:crypto";

import type { WireRequest } from "../core/http-cloud.ts";
import { notAuthenticated } from "./api-error.ts";

const SKEW_MS = 300_000;
const ALWAYS_SIGNED = ["(request-target)", "host"];
/** What a request with a body must sign besides. */
const BODY_SIGNED = ["content-length", "content-type", "x-content-sha256"];
const WITH_BODY = new Set(["POST", "PUT", "PATCH"]);

/**
 * Checks a request's signature: draft-cavage-http-signatures-08 with OCI's rules.
 *
 * @param keys public keys by `tenancy/user/fingerprint`
 * @param now the cloud's clock, in real milliseconds
 * @throws ApiError 401
 */
export function checkSignature(request: WireRequest, keys: ReadonlyMap<string, KeyObject>, now: number): void {
  const { method, headers, body } = request;
  const parts = signatureParts(headers["authorization"] ?? "");
  const key = keys.get(parts["keyId"] ?? "");
  if (parts["version"] !== "1" || parts["algorithm"]?.toLowerCase() !== "rsa-sha256" || key === undefined) {
    throw notAuthenticated();
  }
  // Names are of any case, also where they are signed.
  const signed = (parts["headers"] ?? "date").toLowerCase().split(" ");
  const dateHeader = signed.includes("x-date") ? "x-date" : "date";
  const needed = [...ALWAYS_SIGNED, dateHeader, ...(WITH_BODY.has(method) ? BODY_SIGNED : [])];
  if (needed.some((name) => !signed.includes(name))) throw notAuthenticated();
  const hash = createHash("sha256").update(body).digest("base64");
  if (WITH_BODY.has(method) && headers["x-content-sha256"] !== hash) throw notAuthenticated();
  checkDate(headers[dateHeader] ?? "", now);
  const text = signed.map((name) => `${name}: ${valueOf(name, request)}`).join("\n");
  const signature = Buffer.from(parts["signature"] ?? "", "base64");
  if (!verify("sha256", Buffer.from(text), key, signature)) throw notAuthenticated();
}

function signatureParts(authorization: string): Readonly<Record<string, string | undefined>> {
  if (!authorization.startsWith("Signature ")) return {};
  const pairs = authorization.matchAll(/(?<name>\w+)="(?<value>[^"]*)"/gu);
  return Object.fromEntries([...pairs].map(({ groups }) => [groups?.["name"] ?? "", groups?.["value"]]));
}

function valueOf(name: string, { method, url, headers }: WireRequest): string {
  if (name === "(request-target)") return `${method.toLowerCase()} ${url.pathname}${url.search}`;
  const value = headers[name];
  if (value === undefined) throw notAuthenticated();
  return value;
}

function checkDate(date: string, now: number): void {
  const at = Date.parse(date);
  if (Math.abs(at - now) <= SKEW_MS) return;
  const [from, until] = [now - SKEW_MS, now + SKEW_MS].map((time) => new Date(time).toUTCString());
  throw notAuthenticated(
    `Date '${date}' is not within allowed clock skew. Current '${new Date(now).toUTCString()}', valid datetime range: ['${from}', '${until}']`,
  );
}
