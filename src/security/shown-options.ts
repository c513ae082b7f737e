import { isPemText, shownValue } from "./certificates/pem-source.ts";
import type { ParsedOptions } from "./parse-options.ts";
import { referenceIn } from "./references/file-references.ts";

/** The options of a Security as they may be shown: without PEM texts. */
export function shownOptions(parsed: ParsedOptions): Record<string, unknown> {
  const { files, ciphers, minVersion, maxVersion, requireEncryption, extraConnArgs, locations } = parsed;
  const { allowPublicCa, serverName } = parsed;
  const shown = Array.from(files, ([option, value]) => [
    option,
    isPemText(value) ? "in memory, not shown" : referenceIn(value) === undefined ? shownValue(value) : value,
  ]);
  return {
    ...Object.fromEntries(shown),
    ...(ciphers !== undefined && { tlsCiphers: ciphers }),
    tlsMinVersion: minVersion,
    ...(maxVersion !== undefined && { tlsMaxVersion: maxVersion }),
    requireEncryption,
    ...(allowPublicCa && { allowPublicCa }),
    ...(serverName !== undefined && { serverName }),
    // Python users put authorization headers there.
    ...(Object.keys(extraConnArgs).length > 0 && { extraConnArgs: "not shown" }),
    ...(locations !== undefined && { locations }),
  };
}
