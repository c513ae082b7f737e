import { createPublicKey } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Every regular file below a directory. */
export async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** The files' concatenated contents; a deleted file counts as empty. */
export async function contentBelow(directory: string): Promise<string> {
  const texts = (await filesBelow(directory)).map((path) => readFile(path, "latin1").catch(() => ""));
  return (await Promise.all(texts)).join("\n");
}

const PEM = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----(.+?)-----END \1-----/gsu;

/** The distinct private keys in a text, JSON escapes decoded, by their public keys. */
export function privateKeysIn(text: string): ReadonlyMap<string, string> {
  return new Map(Array.from(text.replaceAll("\\n", "\n").matchAll(PEM), ([pem]) => [publicKeyOf(pem), pem]));
}

/** The public key of a private key or a certificate, in a comparable form. */
export function publicKeyOf(pem: string): string {
  return createPublicKey(pem).export({ type: "spki", format: "der" }).toString("base64");
}

/**
 * Texts that reveal a private key: each line of its PEM body, the whole key in one line, in hex and as `Buffer` prints, and the
 * PEM inside another base64. The prefix common to all keys of a kind is omitted.
 */
export function tracesOf(pem: string): readonly string[] {
  const lines = pem.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
  const body = lines.join("");
  const der = Buffer.from(body, "base64");
  // The secret number of a P-256 key in PKCS#8 starts after 36 bytes; longer keys have secrets throughout.
  const secret = der.subarray(36, 36 + 32);
  const hex = secret.toString("hex");
  const nested = [0, 1, 2].map((shift) =>
    Buffer.from(`${" ".repeat(shift)}${pem}`)
      .toString("base64")
      .slice(120, 180),
  );
  return [
    ...lines.map((line) => line.slice(-40)),
    body.slice(60, 100),
    secret.toString("base64").slice(0, 40),
    hex,
    hex.toUpperCase(),
    hex.replaceAll(/..(?=.)/gu, "$& "),
    [...secret].join(","),
    [...secret].join(", "),
    ...nested,
  ];
}
