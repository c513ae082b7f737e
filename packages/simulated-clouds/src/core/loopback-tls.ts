import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";

import { issueCertificate } from "../dask-fleet.ts";
import type { ServerIdentity } from "./wire.ts";

const DAY_MS = 86_400_000;

interface LoopbackTls extends ServerIdentity {
  readonly ca: string;
}

let made: LoopbackTls | undefined;
let caFile: string | undefined;

/**
 * What servers of this process on the loopback show: a certificate for `localhost`, of a CA that lives as long as the process,
 * which trusts it.
 */
export function loopbackTls(): LoopbackTls {
  made ??= make();
  return made;
}

/** Variables with which children of this process, Node and curl, trust its servers too. */
export function loopbackTrust(): Record<string, string> {
  caFile ??= writeForProcess(loopbackTls().ca);
  return { NODE_EXTRA_CA_CERTS: caFile, CURL_CA_BUNDLE: caFile };
}

function make(): LoopbackTls {
  const [authority, server] = [keyPair(), keyPair()];
  const now = Date.now();
  const common = {
    issuer: { commonName: "simulated clouds" },
    issuerPublicKey: authority.publicKey,
    issuerPrivateKey: authority.privateKey,
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + 30 * DAY_MS),
  };
  const ca = issueCertificate({
    ...common,
    subject: common.issuer,
    publicKey: authority.publicKey,
    use: "authority",
  }).toString();
  const leaf = issueCertificate({
    ...common,
    subject: { commonName: "localhost" },
    publicKey: server.publicKey,
    use: { dnsName: "localhost", server: true },
  }).toString();
  setDefaultCACertificates([...getCACertificates("default"), ca]);
  const key = server.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { key, cert: leaf, ca };
}

function keyPair(): ReturnType<typeof generateKeyPairSync> {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

/** A file that only this user can write, deleted with this process. */
function writeForProcess(ca: string): string {
  const directory = mkdtempSync(join(tmpdir(), "dask-fleet-ca-"));
  const clear = (): void => rmSync(directory, { recursive: true, force: true });
  process.once("exit", clear);
  // So end the processes of a test run.
  process.once("SIGTERM", () => {
    clear();
    if (process.listenerCount("SIGTERM") === 0) process.kill(process.pid, "SIGTERM");
  });
  const file = join(directory, "ca.pem");
  writeFileSync(file, ca, { mode: 0o600 });
  return file;
}
