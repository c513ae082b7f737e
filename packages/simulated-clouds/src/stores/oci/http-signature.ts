import { createHash, type KeyObject, verify } from "node:crypto";

import type { StoreRequest } from "../answers.ts";

/** What `Authorization: Signature …` says. */
export interface HttpSignature {
  readonly keyId: string;
  readonly headers: readonly string[];
  readonly signature: Buffer;
}

const ALWAYS = ["date", "(request-target)", "host"];
const OF_BODY = ["content-length", "content-type", "x-content-sha256"];

/** Reads a signature of OCI's form (draft-cavage-http-signatures-08); undefined where there is none. */
export function readSignature({ headers }: StoreRequest): HttpSignature | undefined {
  const text = headers["authorization"] ?? "";
  const field = (name: string): string => new RegExp(`\\b${name}="([^"]*)"`, "u").exec(text)?.[1] ?? "";
  if (!text.startsWith("Signature ") || field("algorithm") !== "rsa-sha256" || field("version") !== "1")
    return undefined;
  const signed = field("headers").split(" ");
  return { keyId: field("keyId"), headers: signed, signature: Buffer.from(field("signature"), "base64") };
}

/** Whether a request is signed by a key, with all that OCI wants to be signed. */
export function isSigned(request: StoreRequest, { headers, signature }: HttpSignature, key: KeyObject): boolean {
  const wanted = request.body.length > 0 ? [...ALWAYS, ...OF_BODY] : ALWAYS;
  if (!wanted.every((name) => headers.includes(name) || (name === "date" && headers.includes("x-date")))) return false;
  const digest = createHash("sha256").update(request.body).digest("base64");
  if (request.body.length > 0 && request.headers["x-content-sha256"] !== digest) return false;
  const { method, url } = request;
  const target = `${method.toLowerCase()} ${url.pathname}${url.search}`;
  const lines = headers.map((name) => `${name}: ${name === "(request-target)" ? target : request.headers[name]}`);
  return verify("sha256", Buffer.from(lines.join("\n")), key, signature);
}
