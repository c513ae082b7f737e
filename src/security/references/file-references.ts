import { isPemText } from "../certificates/pem-source.ts";
import { SYSTEM_CA } from "../certificates/well-known-ca.ts";
import { invalid } from "../invalid.ts";
import type { TlsFile } from "../node-tls.ts";
import type { FileOption } from "../security-options.ts";
import { isReference, parseReference } from "./parse-reference.ts";
import { referenceText } from "./reference-text.ts";
import type { SecretReference } from "./secret-reference.ts";
import { misspeltStore, storeOf } from "./stores.ts";
import { whyUnfit } from "./uses.ts";

/** Reads a secret from its store with this computer's own credentials. */
export type FetchSecret = (reference: SecretReference, use: TlsFile, signal: AbortSignal) => Promise<string>;

/** The file of a certificate that an option holds. */
export function fileOf(option: FileOption): TlsFile {
  if (option === "tlsCaFile") return "ca";
  return option.endsWith("Cert") ? "cert" : "key";
}

/** Whether a file option holds a path: no PEM text, no word for the computer's own CAs, and nothing that is meant as a reference. */
export function isFilePath(value: string): boolean {
  const isOther = isPemText(value) || value === SYSTEM_CA || storeOf(value) !== undefined;
  return !isOther && misspeltStore(value) === undefined;
}

/** The reference that a file option holds; undefined for a path or a PEM text. */
export function referenceIn(value: string | undefined): SecretReference | undefined {
  if (value === undefined || storeOf(value) === undefined) return undefined;
  const parsed = parseReference(value);
  return isReference(parsed) ? parsed : undefined;
}

/**
 * A file option's value, a reference in its canonical form.
 *
 * @throws DaskFleetError `SECURITY_INVALID` for a reference that cannot be read or does not hold such a file; never with its text
 */
export function checkedFile(option: FileOption, value: string): string {
  if (storeOf(value) === undefined) {
    const meant = misspeltStore(value);
    if (meant === undefined || value.includes("-----BEGIN")) return value;
    throw invalid(`The \`${option}\` option names a store that is not known. Did you mean ${meant}:?`);
  }
  const parsed = parseReference(value);
  if (!isReference(parsed)) throw invalid(`The reference in the \`${option}\` option ${parsed.problem}.`);
  const unfit = whyUnfit(parsed, fileOf(option));
  if (unfit !== undefined) throw invalid(`The reference in the \`${option}\` option ${unfit}.`);
  return referenceText(parsed);
}
