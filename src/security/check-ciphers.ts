import { createSecureContext } from "node:tls";

import { invalid } from "./invalid.ts";

/** Refuses a cipher list that OpenSSL, or Python's `set_ciphers` on a machine, would refuse. */
export function checkCiphers(ciphers: string | undefined): void {
  if (ciphers === undefined) return;
  const forTls12 = ciphers.split(":").filter((name) => !name.startsWith("TLS_"));
  try {
    if (forTls12.length === 0) throw new Error("only TLS 1.3 suites");
    createSecureContext({ ciphers: forTls12.join(":") });
  } catch (error) {
    throw invalid(
      "`tlsCiphers` selects no cipher: it must be an OpenSSL cipher list for TLS 1.2, for example ECDHE+AESGCM " +
        "(TLS 1.3 suites, TLS_…, are always on).",
      error,
    );
  }
}
