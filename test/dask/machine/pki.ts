import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { TlsMaterial } from "../../../src/security/tls-material.ts";

export interface Pki {
  readonly scheduler: TlsMaterial;
  readonly worker: TlsMaterial;
  readonly client: TlsMaterial;
}

/** A CA and a certificate per role, made by the openssl command line: independent of our own security code. */
export function makePki(): Pki {
  const directory = mkdtempSync(join(tmpdir(), "dask-fleet-pki-"));
  const file = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { stdio: "pipe", cwd: directory });
  };
  try {
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    openssl("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test CA", "-days", "2");
    const ca = readFileSync(file("ca.pem"), "utf8");
    const issue = (role: string, usage: string): TlsMaterial => {
      writeFileSync(file("ext"), `basicConstraints=critical,CA:FALSE\nextendedKeyUsage=${usage}\n`);
      openssl("req", ...newKey, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", `/CN=${role}`);
      const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ext", "-days", "2"];
      openssl("x509", "-req", "-in", "leaf.csr", ...signed, "-out", "leaf.pem");
      return { ca, cert: readFileSync(file("leaf.pem"), "utf8"), key: readFileSync(file("leaf.key"), "utf8") };
    };
    return {
      scheduler: issue("scheduler", "serverAuth,clientAuth"),
      worker: issue("worker", "serverAuth,clientAuth"),
      client: issue("client", "clientAuth"),
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
