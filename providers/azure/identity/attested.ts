import type { X509Certificate } from "node:crypto";

import { membersOf, mismatch, recordOf, shown } from "../../../src/cloud/identity/claims.ts";
import { readSignedMessage, type SignedMessage } from "../../../src/cloud/identity/signed-message.ts";
import { messageOf } from "../../../src/errors.ts";

/** What attested data must be about. */
export interface AzureExpectation {
  readonly vmId: string;
  readonly subscriptionId: string;
  readonly key256: string;
  readonly now: Date;
}

/** Attested data of Azure's metadata service, and who signed it. */
export interface AttestedData {
  /** Whose key made the signature: not one that only came along. Whether it is Azure's is not known yet. */
  readonly signer: X509Certificate;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Azure's names for its metadata service, in its public cloud and others. */
const SUBJECTS = [/(?:^|\.)metadata\.azure\.(?:com|us|cn)$/, /(?:^|\.)metadata\.microsoftazure\.de$/];
/** This computer's clock may be wrong. */
const SKEW_MS = 10 * 60_000;
const NONCE_LENGTH = 32;

/**
 * @param document the base64 of a PKCS#7 message
 * @throws Error, in words, for anything else
 */
export function readAttestedData(document: string): AttestedData {
  let message: SignedMessage;
  try {
    message = readSignedMessage(Buffer.from(document, "base64"));
  } catch (error) {
    throw new Error(`its attested data cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const signer = message.certificates.find(({ publicKey }) => message.isSignedBy(publicKey));
  if (signer === undefined) throw new Error("its attested data is signed with no certificate that it contains");
  const claims = membersOf(message.content.toString());
  if (claims === undefined) throw new Error("its attested data cannot be read: it is no JSON");
  return { signer, claims };
}

/** Whether a certificate has one of the names of Azure's metadata service. A trusted CA gives these to nobody else. */
export function isMetadataService({ subjectAltName = "" }: X509Certificate): boolean {
  const names = subjectAltName.split(", ").map((name) => /^DNS:([\w.*-]+)$/.exec(name)?.[1] ?? "");
  return names.some((name) => SUBJECTS.some((subject) => subject.test(name)));
}

/** Why attested data is another's, or of another time, in words; undefined where it is good. */
export function problemOfClaims(claims: AttestedData["claims"], expected: AzureExpectation): string | undefined {
  const { vmId, subscriptionId, key256, now } = expected;
  const wrong = mismatch([
    { what: "the key", told: claims["nonce"], expected: nonceOf(key256) },
    { what: "the machine", told: lower(claims["vmId"]), expected: vmId.toLowerCase() },
    { what: "the subscription", told: lower(claims["subscriptionId"]), expected: subscriptionId.toLowerCase() },
  ]);
  if (wrong !== undefined) return `its attested data is another's: ${wrong}`;
  const times = recordOf(claims["timeStamp"]);
  const created = timeOf(times?.["createdOn"]);
  const expires = timeOf(times?.["expiresOn"]);
  if (Number.isNaN(created) || Number.isNaN(expires)) return "its attested data does not tell when it is good";
  if (created > now.getTime() + SKEW_MS) return `its attested data is of the future: ${shown(times?.["createdOn"])}`;
  return expires < now.getTime() - SKEW_MS ? `its attested data expired at ${shown(times?.["expiresOn"])}` : undefined;
}

/** What a machine asks for: Azure takes 32 letters and digits, which are half of the hash. */
export function nonceOf(key256: string): string {
  return key256.slice(0, NONCE_LENGTH);
}

/** `11/28/18 00:16:17 -0000`, of this century. */
function timeOf(text: unknown): number {
  const { month, day, year, rest } =
    /^(?<month>\d\d)\/(?<day>\d\d)\/(?<year>\d\d) (?<rest>\d\d:\d\d:\d\d) -0000$/.exec(String(text))?.groups ?? {};
  return Date.parse(`20${year}-${month}-${day}T${rest}Z`);
}

function lower(value: unknown): unknown {
  return typeof value === "string" ? value.toLowerCase() : value;
}
