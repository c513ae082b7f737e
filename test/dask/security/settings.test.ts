import { execFileSync } from "node:child_process";

import { describe, expect, it } from "vitest";

import type { SecurityOptions } from "../../../src/security/security-options.ts";
import { Security } from "../../../src/security/security.ts";
import { daskPython } from "../../support/python.ts";

const READ = `
from distributed.security import Security
s = Security()
print(s.tls_min_version.name, s.tls_max_version and s.tls_max_version.name, s.tls_ciphers, s.require_encryption)
`;

/** Dask's rule for variables: upper case, "__" for each dot. Its configuration treats "-" and "_" alike. */
function environment(settings: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      `DASK_${key.toUpperCase().replaceAll(".", "__").replaceAll("-", "_")}`,
      value === true ? "True" : value === false ? "False" : String(value),
    ]),
  );
}

describe("Dask reads daskSettings()", () => {
  it.each<[SecurityOptions, string]>([
    [{}, "TLSv1_2 None None True"],
    [
      { tlsMinVersion: "1.3", tlsMaxVersion: 1.3, tlsCiphers: "ECDHE+AESGCM", requireEncryption: false },
      "TLSv1_3 TLSv1_3 ECDHE+AESGCM False",
    ],
  ])("of %j with the intended meaning", (options, expected) => {
    const settings = new Security({ tlsCaFile: "ca", tlsClientCert: "cert", ...options }).daskSettings();

    const env = { ...process.env, DASK_CONFIG: "/nonexistent", ...environment(settings) };
    const seen = execFileSync(daskPython(), ["-c", READ], { env, encoding: "utf8" });

    expect(seen.trim()).toBe(expected);
  });
});
