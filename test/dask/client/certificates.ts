import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { publicKeyHash } from "../../../src/security/certificates/public-key.ts";
import type { TlsMaterial } from "../../../src/security/tls-material.ts";

/** A self-signed certificate that serves every role and is its own CA, as of `Security.temporary()` in Python. */
export interface SelfSigned extends TlsMaterial {
  readonly schedulerKey256: string;
}

export async function selfSigned(serverName: string): Promise<SelfSigned> {
  const directory = await mkdtemp(join(tmpdir(), "dask-fleet-client-test-"));
  try {
    const [keyFile, certFile] = [join(directory, "key.pem"), join(directory, "cert.pem")];
    const files = ["-keyout", keyFile, "-out", certFile];
    const names = ["-subj", `/CN=${serverName}`, "-addext", `subjectAltName=DNS:${serverName}`];
    await promisify(execFile)("openssl", [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      ...files,
      ...names,
    ]);
    const [key, cert] = await Promise.all([readFile(keyFile, "utf8"), readFile(certFile, "utf8")]);
    return { ca: cert, cert, key, schedulerKey256: publicKeyHash(new X509Certificate(cert)) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The configuration that has Dask use one certificate for all roles. */
export function daskTls({ ca, cert, key }: TlsMaterial): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    DASK_DISTRIBUTED__COMM__TLS__CA_FILE: ca,
    DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION: "True",
  };
  for (const role of ["SCHEDULER", "WORKER", "CLIENT"]) {
    env[`DASK_DISTRIBUTED__COMM__TLS__${role}__CERT`] = cert;
    env[`DASK_DISTRIBUTED__COMM__TLS__${role}__KEY`] = key;
  }
  return env;
}
