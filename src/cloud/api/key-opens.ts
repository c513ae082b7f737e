import { createPrivateKey } from "node:crypto";

/**
 * Whether a private key can be read, before an SDK reads it: Oracle's ends the whole process where the passphrase is wrong.
 *
 * @throws Error why not, without a part of the key
 */
export function assertKeyOpens(pem: string, passphrase: string | null | undefined): void {
  // A profile of the Cloud Shell has none.
  if (pem === "") return;
  try {
    createPrivateKey({ key: pem, format: "pem", ...(passphrase ? { passphrase } : {}) });
  } catch (error) {
    if (!/ENCRYPTED/.test(pem)) throw new Error("its key_file has no private key in PEM", { cause: error });
    throw new Error(
      passphrase
        ? "its pass_phrase does not open its key_file"
        : "its key_file is encrypted: set pass_phrase in the profile",
      { cause: error },
    );
  }
}
