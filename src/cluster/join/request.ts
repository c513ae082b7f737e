import { createHash, createHmac, createPublicKey } from "node:crypto";

import type { Der } from "../../security/certificates/der.ts";

/** What a machine asks for, and how it proves itself. Foreign in every part. */
export interface JoinRequest {
  readonly role: string;
  /** Its node's name. */
  readonly name: string;
  /** Its public key (SubjectPublicKeyInfo). */
  readonly spki: Der;
  readonly mac: Buffer;
  /** The address that it was sent from; undefined where this process dialled the machine. */
  readonly from: string | undefined;
  /** The challenge of a boot listener. */
  readonly nonce?: Buffer | undefined;
  /** Its cloud's document about it. */
  readonly identity: string | undefined;
}

/** A P-256 key's SubjectPublicKeyInfo up to its point, which is not compressed. */
const P256 = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d03010703420004", "hex");
const SPKI_BYTES = 91;

/** Whether it is the DER of a P-256 key, whose point is on the curve. */
export function isP256(spki: Der): boolean {
  if (spki.length !== SPKI_BYTES || !spki.subarray(0, P256.length).equals(P256)) return false;
  try {
    return createPublicKey({ key: spki, format: "der", type: "spki" }).asymmetricKeyType === "ec";
  } catch {
    return false;
  }
}

/** The SHA-256 of a public key. */
export function keyHash(spki: Der): Buffer {
  return createHash("sha256").update(spki).digest();
}

/** What a machine with that token says for this request: HMAC-SHA256 over its parts, each behind its length. */
export function macOf(token: Buffer, { role, name, spki, nonce }: JoinRequest): Buffer {
  const parts = nonce === undefined ? ["join1", role, name, spki] : ["boot1", role, name, keyHash(spki), nonce];
  const hmac = createHmac("sha256", token);
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hmac.update(length).update(bytes);
  }
  return hmac.digest();
}
