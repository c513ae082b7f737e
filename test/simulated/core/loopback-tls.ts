import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";

import { issueCertificate } from "../../../src/security/issue-certificate.ts";
import type { ServerIdentity } from "./wire.ts";

const DAY_MS = 86_400_000;

interface LoopbackTls extends ServerIdentity {
  /** The CA that this process trusts from now on, and its children where they are told of the file. */
  readonly caFile: string;
}

let made: LoopbackTls | undefined;

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
  const { caFile } = loopbackTls();
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
  return { key, cert: leaf, caFile: writeForProcess(ca) };
}

function keyPair(): ReturnType<typeof generateKeyPairSync> {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

/** A file that nobody else can write to, and that goes with this process. */
function writeForProcess(ca: string): string {
  const directory = mkdtempSync(join(tmpdir(), "dask-fleet-ca-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, "ca.pem");
  writeFileSync(file, ca, { mode: 0o600 });
  return file;
}
