import type { ParsedOptions } from "./parse-options.ts";

/**
 * The TLS settings that are not files, by Dask's own dotted configuration keys (`distributed/distributed.yaml`, `comm`). Keys
 * whose value is Dask's default, null, are left out.
 */
export function daskSettingsOf(options: ParsedOptions): Record<string, boolean | number | string> {
  return {
    "distributed.comm.require-encryption": options.requireEncryption,
    // A number: distributed's Security compares it with 1.2 and 1.3, and refuses the string.
    "distributed.comm.tls.min-version": options.minVersion === "TLSv1.3" ? 1.3 : 1.2,
    ...(options.maxVersion !== undefined && {
      "distributed.comm.tls.max-version": options.maxVersion === "TLSv1.3" ? 1.3 : 1.2,
    }),
    ...(options.ciphers !== undefined && { "distributed.comm.tls.ciphers": options.ciphers }),
  };
}
