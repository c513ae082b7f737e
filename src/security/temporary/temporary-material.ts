import { type KeyObject, generateKeyPairSync, randomBytes } from "node:crypto";

import { Oid, integer, objectId, octetString, sequence } from "../certificates/der.ts";
import { pemText } from "../certificates/pem.ts";
import { keyText } from "../certificates/private-key.ts";
import { spkiOf } from "../certificates/public-key.ts";
import { invalid } from "../invalid.ts";
import type { Role } from "../tls-material.ts";
import { Authority } from "./authority.ts";
import type { TemporarySecurity } from "./temporary-security.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

const SHORTEST_MS = 60 * 1000;
const LONGEST_MS = 3650 * DAY_MS;

/** X.520's upper bound for a part of a name. */
const LONGEST_NAME = 64;

/**
 * A year. They are renewed at half of it, as long as the process that made them runs; a cluster that is left to itself ends with
 * them. SECURITY.md says why so long. Peers on Apple's TLS would refuse a server's certificate of more than 825 days.
 */
const DEFAULT_VALID_FOR_MS: number = 365 * DAY_MS;

/** Options of {@link Security.temporary}. */
export interface TemporaryOptions extends TemporarySecurity {
  /** Part of the CA's name, for readers of a certificate. Cut after 64 characters. Default: none. */
  readonly clusterName?: string | undefined;
  /** Milliseconds from `now` until the certificates expire: at least a minute, at most 3,650 days. Default: 365 days. */
  readonly validForMs?: number | undefined;
  /** The moment of issue. Default: now, by the computer's clock. */
  readonly now?: Date | undefined;
}

/** A certificate and its key, as PEM. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A new CA, and the moment at which certificates of its start are issued. */
export function newAuthority(options: TemporaryOptions = {}): { readonly authority: Authority; readonly now: Date } {
  const { now, validForMs } = validityOf(options);
  const id = randomBytes(8).toString("hex");
  return { authority: Authority.create(id, namePart(options.clusterName), validForMs, now), now };
}

/** A new key for a role, and its certificate. */
export function issuePair(authority: Authority, role: Role, now: Date): Pair {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = role === "client" ? keyText(privateKey) : shortKeyPem(privateKey);
  return { cert: authority.issue(role, spkiOf(publicKey), now), key };
}

/**
 * PKCS#8 (RFC 5958) around RFC 5915's key, without the public key: OpenSSL computes it, and user data has little room.
 */
function shortKeyPem(key: KeyObject): string {
  const { d = "" } = key.export({ format: "jwk" });
  const ecPrivateKey = sequence(integer(1), octetString(Buffer.from(d, "base64url")));
  const algorithm = sequence(objectId(Oid.ecPublicKey), objectId(Oid.p256));
  return pemText("PRIVATE KEY", sequence(integer(0), algorithm, octetString(ecPrivateKey)));
}

function validityOf(options: TemporaryOptions): { readonly now: Date; readonly validForMs: number } {
  const now = options.now ?? new Date();
  if (Number.isNaN(now.getTime())) throw invalid("Expected the `now` option to be a valid date.");
  const validForMs = options.validForMs ?? DEFAULT_VALID_FOR_MS;
  if (!(validForMs >= SHORTEST_MS && validForMs <= LONGEST_MS)) {
    throw invalid(
      `Expected the \`validForMs\` option to be from ${SHORTEST_MS} (a minute) to ${LONGEST_MS} (3650 days), got ${validForMs}.`,
    );
  }
  return { now, validForMs };
}

function namePart(text: string | undefined): string | undefined {
  const part = Array.from(text?.replaceAll(/\p{C}/gu, " ").trim() ?? "")
    .slice(0, LONGEST_NAME)
    .join("");
  return part === "" ? undefined : part;
}
