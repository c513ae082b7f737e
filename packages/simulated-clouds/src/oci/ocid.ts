import { createHash, randomBytes } from "node:crypto";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const LENGTH = 60;

/**
 * A new Oracle Cloud Identifier, such as `ocid1.instance.oc1.iad.anuwc…`.
 *
 * @param region the region's key; empty for what is the same in all regions
 */
export function newOcid(kind: string, region: string): string {
  return ocid(kind, region, randomBytes(LENGTH));
}

/** The same for the same name: for what every account has. */
export function fixedOcid(kind: string, region: string, name: string): string {
  return ocid(kind, region, createHash("sha512").update(`${kind} ${name}`).digest());
}

function ocid(kind: string, region: string, bytes: Buffer): string {
  const unique = [...bytes.subarray(0, LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
  return `ocid1.${kind}.oc1.${region}.${unique}`;
}
