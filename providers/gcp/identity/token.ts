import { type JsonWebKey, type KeyObject, createPublicKey, verify } from "node:crypto";

import { membersOf, mismatch, recordOf, shown } from "../../../src/cloud/identity/claims.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { placeOf } from "../tags/names.ts";

/** Google's keys by their ids. */
export type GoogleKeys = ReadonlyMap<string, KeyObject>;

/** What a token must be about. */
export interface GcpExpectation {
  readonly machine: Machine;
  readonly project: string;
  readonly key256: string;
  readonly now: Date;
}

/** A JSON Web Token (RFC 7519) in its parts, nothing of it verified. */
export interface IdentityToken {
  /** Which of Google's keys it names. */
  readonly keyId: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

const ISSUERS = new Set(["https://accounts.google.com", "accounts.google.com"]);
/** This computer's clock may be wrong. */
const SKEW_S = 600;
/** Google's tokens are good for an hour. */
const LONGEST_S = 2 * 3600;

/** Undefined for what is no token signed with RSA and SHA-256. */
export function readToken(text: string): IdentityToken | undefined {
  const [header = "", claims = "", signature = "", ...more] = text.trim().split(".");
  const said = decoded(header);
  const told = decoded(claims);
  const keyId = said?.["kid"];
  if (more.length > 0 || told === undefined || said?.["alg"] !== "RS256" || typeof keyId !== "string") return undefined;
  const signed = Buffer.from(`${header}.${claims}`);
  return { keyId, claims: told, signed, signature: Buffer.from(signature, "base64url") };
}

/**
 * Why a token is not taken, in words; undefined where it is good.
 *
 * @param key Google's, of the id that the token names; undefined where Google has none
 */
export function problemOfToken(
  { claims, signed, signature }: IdentityToken,
  key: KeyObject | undefined,
  { machine, project, key256, now }: GcpExpectation,
): string | undefined {
  if (key === undefined || !verify("sha256", signed, key, signature))
    return "its identity token is not signed by Google";
  if (!ISSUERS.has(String(claims["iss"]))) return `its identity token is of another issuer: ${shown(claims["iss"])}`;
  const { zone, name } = placeOf(machine.id);
  const engine = recordOf(recordOf(claims["google"])?.["compute_engine"]);
  const wrong = mismatch([
    { what: "the audience", told: claims["aud"], expected: audienceOf(key256) },
    { what: "the project", told: engine?.["project_id"], expected: project },
    { what: "the zone", told: engine?.["zone"], expected: zone },
    { what: "the instance", told: engine?.["instance_name"], expected: name },
  ]);
  return wrong === undefined ? problemOfTimes(claims, now) : `its identity token is another's: ${wrong}`;
}

/** What a machine asks for a token for: its own key. */
export function audienceOf(key256: string): string {
  return `dask-fleet:${key256}`;
}

/**
 * Keys as Google publishes them (JSON Web Key Set, RFC 7517).
 *
 * @throws Error for anything else
 */
export function keysIn(text: string): GoogleKeys {
  const listed = membersOf(text)?.["keys"];
  const keys = (Array.isArray(listed) ? (listed as unknown[]) : [])
    .map(recordOf)
    .filter((key) => key?.["kty"] === "RSA" && typeof key["kid"] === "string");
  if (keys.length === 0) throw new Error("it has no keys of Google's");
  return new Map(keys.map((key) => [String(key?.["kid"]), createPublicKey({ key: key as JsonWebKey, format: "jwk" })]));
}

function problemOfTimes({ iat, exp }: IdentityToken["claims"], now: Date): string | undefined {
  const seconds = now.getTime() / 1000;
  if (typeof iat !== "number" || typeof exp !== "number" || exp < iat || exp - iat > LONGEST_S) {
    return "its identity token does not tell from when to when it is good";
  }
  if (iat > seconds + SKEW_S) return `its identity token is good only from ${shownTime(iat)}`;
  return exp < seconds - SKEW_S ? `its identity token expired at ${shownTime(exp)}` : undefined;
}

function shownTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}

function decoded(part: string): Readonly<Record<string, unknown>> | undefined {
  return membersOf(Buffer.from(part, "base64url").toString());
}
