import { generateKeyPairSync } from "node:crypto";

const KIND = "ssh-ed25519";
const KEY_BYTES = 32;

/** A public key whose private key nobody has: Azure makes no Linux machine without a password or a key. */
export function keyForNobody(): string {
  const { publicKey } = generateKeyPairSync("ed25519");
  // The key is what an SPKI ends with (RFC 8410); OpenSSH's form has each part behind its length (RFC 8709).
  const key = publicKey.export({ type: "spki", format: "der" }).subarray(-KEY_BYTES);
  const parts = [Buffer.from(KIND), key].flatMap((part) => [lengthOf(part), part]);
  return `${KIND} ${Buffer.concat(parts).toString("base64")} nobody`;
}

function lengthOf(part: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(part.length);
  return length;
}
