import { createHash, createHmac, timingSafeEqual } from "node:crypto";

import type { StoreRequest } from "../answers.ts";
import type { StoreClock } from "../store-clock.ts";

/** What the metadata service gives out for a role. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** AWS' word for a request that is not taken. */
export interface AwsRefusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Without these, a signature could be used for another request. */
const MUST_BE_SIGNED = ["host", "x-amz-date", "x-amz-security-token"];

/**
 * Verifies Signature Version 4 as AWS documents it, apart from whatever made it.
 *
 * @param region of the endpoint, whose name the scope must have
 */
export function refusedSignature(
  request: StoreRequest,
  known: AwsCredentials,
  { service, region, clock }: { readonly service: string; readonly region: string; readonly clock: StoreClock },
): AwsRefusal | undefined {
  const { headers } = request;
  const form =
    /^AWS4-HMAC-SHA256 Credential=(?<id>[^/]+)\/(?<scope>[^,]+), ?SignedHeaders=(?<names>[a-z0-9;-]+), ?Signature=(?<signature>[0-9a-f]{64})$/u;
  const { id, scope = "", names = "", signature = "" } = form.exec(headers["authorization"] ?? "")?.groups ?? {};
  if (id === undefined) return refusal(400, "MissingAuthenticationTokenException", "Missing Authentication Token");
  if (id !== known.accessKeyId || headers["x-amz-security-token"] !== known.sessionToken) {
    return refusal(400, "UnrecognizedClientException", "The security token included in the request is invalid.");
  }
  const signed = names.split(";");
  const missing = MUST_BE_SIGNED.filter((name) => !signed.includes(name));
  if (missing.length > 0 || names !== signed.toSorted().join(";")) {
    return refusal(400, "IncompleteSignatureException", `Not signed: ${missing.join(", ")}`);
  }
  const at = headers["x-amz-date"] ?? "";
  const expected = `${at.slice(0, 8)}/${region}/${service}/aws4_request`;
  if (scope !== expected) {
    return refusal(400, "InvalidSignatureException", `Credential should be scoped to ${expected}, not ${scope}.`);
  }
  if (!timingSafeEqual(Buffer.from(signature, "hex"), signatureOf(request, signed, at, scope, known))) {
    return refusal(400, "InvalidSignatureException", "The request signature we calculated does not match.");
  }
  const time = at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/u, "$1-$2-$3T$4:$5:$6Z");
  if (clock.isOff(Date.parse(time))) {
    const now = new Date(clock.now()).toISOString();
    return refusal(
      400,
      "InvalidSignatureException",
      `Signature expired: ${at} is now earlier than ${now} (less 5 min.)`,
    );
  }
  return undefined;
}

function signatureOf(
  { method, url, headers, body }: StoreRequest,
  signed: readonly string[],
  at: string,
  scope: string,
  { secretAccessKey }: AwsCredentials,
): Buffer {
  const lines = signed.map((name) => `${name}:${(headers[name] ?? "").trim().replaceAll(/ +/gu, " ")}\n`);
  const canonical = [method, url.pathname, url.search.slice(1), lines.join(""), signed.join(";"), sha256(body)];
  const text = ["AWS4-HMAC-SHA256", at, scope, sha256(canonical.join("\n"))].join("\n");
  const key = scope.split("/").reduce<Buffer>((last, word) => hmac(last, word), Buffer.from(`AWS4${secretAccessKey}`));
  return hmac(key, text);
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: Buffer, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

function refusal(status: number, code: string, message: string): AwsRefusal {
  return { status, code, message };
}
