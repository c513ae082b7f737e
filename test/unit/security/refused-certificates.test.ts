import { readFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DaskFleetError } from "../../../src/errors.ts";
import type { SecurityCheck } from "../../../src/security/security-check.ts";
import type { SecurityOptions } from "../../../src/security/security-options.ts";
import { Security } from "../../../src/security/security.ts";
import { keyRuns, leaks, thrownBy } from "./key-material.ts";
import { OpensslFiles, type Pair } from "./openssl-files.ts";

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

interface Refusal {
  readonly options: (files: OpensslFiles) => SecurityOptions;
  readonly check?: SecurityCheck;
  readonly says: RegExp;
}

const files = new OpensslFiles();
let ca: Pair;
let leaf: Pair;

beforeAll(() => {
  ca = files.authority("ca");
  leaf = files.signed("leaf", ca);
});
afterAll(() => files[Symbol.dispose]());

/** The valid set, with replacements. */
function instead(changed: SecurityOptions): SecurityOptions {
  return { tlsCaFile: ca.cert, tlsClientCert: leaf.cert, tlsClientKey: leaf.key, ...changed };
}

function using(pair: Pair, caFile: string = ca.cert): SecurityOptions {
  return { tlsCaFile: caFile, tlsClientCert: pair.cert, tlsClientKey: pair.key };
}

function lateBy(ms: number): SecurityCheck {
  return { now: new Date(Date.now() + ms) };
}

const FILES: Readonly<Record<string, Refusal>> = {
  "a missing file": {
    options: () => instead({ tlsCaFile: files.path("nowhere.pem") }),
    says: /^`tlsCaFile`: no file at .*nowhere\.pem\.$/,
  },
  "a path through a file": {
    options: () => instead({ tlsCaFile: `${ca.cert}/ca.pem` }),
    says: /^`tlsCaFile`: no file at /,
  },
  "a directory": {
    options: () => instead({ tlsClientKey: files.directory }),
    says: /^`tlsClientKey`: .* is a directory, not a file\.$/,
  },
  "a device": {
    options: () => instead({ tlsClientKey: "/dev/null" }),
    says: /^`tlsClientKey`: \/dev\/null is not a regular file\.$/,
  },
  "an empty file": {
    options: (files) => instead({ tlsClientCert: files.write("empty.pem", "") }),
    says: /^`tlsClientCert` \(.*empty\.pem\) is not PEM: it is empty\.$/,
  },
  "a huge file": {
    options: (files) => instead({ tlsClientCert: files.write("huge.pem", "x".repeat(1024 * 1024 + 1)) }),
    says: /larger than 1 MiB/,
  },
  "a text file": {
    options: (files) => instead({ tlsClientCert: files.write("text.pem", "hello") }),
    says: /`tlsClientCert` .* is not PEM: it has no complete block/,
  },
  "a DER file": {
    options: (files) => {
      files.run("x509", "-in", leaf.cert, "-outform", "der", "-out", files.path("leaf.der"));
      return instead({ tlsClientCert: files.path("leaf.der") });
    },
    says: /looks like DER. Convert it with "openssl x509/,
  },
  "a PEM whose line breaks became \\n": {
    options: () => instead({ tlsClientKey: readFileSync(leaf.key, "utf8").replaceAll("\n", String.raw`\n`) }),
    says: /^`tlsClientKey` \(PEM text\) is not PEM: .*not base64.*Line breaks/,
  },
  "a truncated PEM": {
    options: (files) =>
      instead({ tlsClientCert: files.write("cut.pem", readFileSync(leaf.cert, "utf8").slice(0, 300)) }),
    says: /no complete block/,
  },
  "a certificate of random bytes": {
    options: () =>
      instead({ tlsCaFile: `-----BEGIN CERTIFICATE-----\n${"QUJD".repeat(20)}\n-----END CERTIFICATE-----\n` }),
    says: /^`tlsCaFile` \(PEM text\): certificate number 1 in it cannot be read as X\.509\.$/,
  },
  "a key in place of the CA": {
    options: () => instead({ tlsCaFile: leaf.key }),
    says: /^`tlsCaFile` .* has no certificate: it holds PRIVATE KEY\.$/,
  },
  "a certificate without its key": {
    options: () => ({ tlsCaFile: ca.cert, tlsClientCert: leaf.cert }),
    says: /^`tlsClientCert` .* has no private key: set `tlsClientKey`, or put/,
  },
  "a certificate in place of the key": {
    options: () => instead({ tlsClientKey: leaf.cert }),
    says: /^`tlsClientKey` .* has no private key\.$/,
  },
  "a key of random bytes": {
    options: () =>
      instead({ tlsClientKey: `-----BEGIN PRIVATE KEY-----\n${"QUJD".repeat(30)}\n-----END PRIVATE KEY-----\n` }),
    says: /^`tlsClientKey` \(PEM text\): its private key cannot be read\.$/,
  },
  "an encrypted PKCS#8 key": {
    options: (files) => {
      const made = ["-in", leaf.key, "-topk8", "-passout", "pass:secret", "-out", files.path("enc8.key")];
      files.run("pkcs8", ...made);
      return instead({ tlsClientKey: files.path("enc8.key") });
    },
    says: /`tlsClientKey` .*encrypted, .* passphrase.*openssl pkey/,
  },
  "an encrypted key in the traditional format": {
    options: (files) => {
      const made = ["-in", leaf.key, "-aes256", "-passout", "pass:secret", "-out", files.path("enc1.key")];
      files.run("ec", ...made);
      return instead({ tlsClientKey: files.path("enc1.key") });
    },
    says: /`tlsClientKey` .*encrypted/,
  },
  "a key of another certificate": {
    options: () => instead({ tlsClientKey: ca.key }),
    says: /^The key in `tlsClientKey` \(.*ca\.key\) does not fit the certificate in `tlsClientCert` \(.*leaf\.pem\)\.$/,
  },
  "ciphers unknown to OpenSSL": {
    options: () => instead({ tlsCiphers: "NOT-A-CIPHER" }),
    says: /`tlsCiphers` selects no cipher/,
  },
  "only TLS 1.3 ciphers": {
    options: () => instead({ tlsCiphers: "TLS_AES_256_GCM_SHA384" }),
    says: /`tlsCiphers` selects no cipher.*TLS 1\.2/,
  },
  "certificates that expire before the cluster": {
    options: () => instead({}),
    check: { validUntil: new Date("2099-01-01T00:00:00Z") },
    says: /expires at .*, before 2099-01-01T00:00:00\.000Z, until when the cluster may run/,
  },
};

/** OpenSSL itself is run as well: it must refuse what we refuse. */
const CHAINS: Readonly<Record<string, Refusal>> = {
  "another CA": {
    options: (files) => using(files.signed("stranger", files.authority("far-ca"))),
    says: /^The certificate in `tlsClientCert` \(.*stranger\.pem\) does not lead to the CA in `tlsCaFile` \(.*ca\.pem\): it is signed by "CN=far-ca", but `tlsCaFile` holds "CN=ca"/,
  },
  "another CA of the same name": {
    options: (files) => using(files.signed("twin-leaf", files.authority("twin", { subject: "ca" }))),
    says: /was not signed by the certificate of "CN=ca" that is here/,
  },
  "a self-signed certificate beside a CA": {
    options: (files) => using(files.selfSigned("alone")),
    says: /is self-signed: put the same certificate into `tlsCaFile`/,
  },
  "a chain whose intermediate is missing": {
    options: (files) => using(files.signed("below-missing", files.intermediate("missing", ca))),
    says: /is signed by "CN=missing".*intermediates belong behind/,
  },
  "an intermediate as the only CA": {
    options: (files) => {
      const middle = files.intermediate("lonely", ca);
      return using(files.signed("below-lonely", middle), middle.cert);
    },
    says: /leads through "CN=lonely" to "CN=ca", but/,
  },
  "the leaf itself as the CA": {
    options: () => using(leaf, leaf.cert),
    says: /is signed by "CN=ca"/,
  },
  "a leaf that signed another": {
    options: (files) => {
      const plain = files.signed("plain", ca, { extensions: ["basicConstraints=CA:FALSE"] });
      const below = files.signed("below-plain", plain);
      return using({ cert: files.join("below-plain-chain.pem", below.cert, plain.cert), key: below.key });
    },
    says: /names "CN=plain" as its issuer, which is not a CA certificate/,
  },
  "a CA without the right to sign": {
    options: (files) => {
      const mute = files.authority("mute", { extensions: ["basicConstraints=critical,CA:TRUE", "keyUsage=cRLSign"] });
      return using(files.signed("below-mute", mute), mute.cert);
    },
    says: /one that may not sign/,
  },
  "more intermediates than the CA allows": {
    options: (files) => {
      const extensions = ["basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=keyCertSign"];
      const root = files.authority("shallow", { extensions });
      const middle = files.intermediate("too-deep", root);
      const below = files.signed("below-deep", middle);
      return using({ cert: files.join("deep-chain.pem", below.cert, middle.cert), key: below.key }, root.cert);
    },
    says: /more intermediates than its CA "CN=shallow" allows/,
  },
  "a changed certificate": {
    options: (files) => {
      const der = Buffer.from(readFileSync(leaf.cert, "utf8").replaceAll(/-----.*-----|\s/g, ""), "base64");
      const at = der.length - 3;
      der.writeUInt8(der.readUInt8(at) ^ 1, at);
      const pem = `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replaceAll(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
      return using({ cert: files.write("changed.pem", pem), key: leaf.key });
    },
    says: /was not signed by/,
  },
  "an expired certificate": {
    options: (files) => using(files.signed("expired", ca, { days: -1 })),
    says: /^The certificate in `tlsClientCert` \(.*\) expired at 20\d\d-/,
  },
  "a certificate for servers only": {
    options: (files) => using(files.signed("server-only", ca, { extensions: ["extendedKeyUsage=serverAuth"] })),
    says: /cannot be used by the scheduler: its extendedKeyUsage lacks clientAuth \(a scheduler needs serverAuth and clientAuth\)/,
  },
  "a certificate whose only use is anyExtendedKeyUsage": {
    options: (files) => using(files.signed("any", ca, { extensions: ["extendedKeyUsage=anyExtendedKeyUsage"] })),
    says: /extendedKeyUsage lacks serverAuth/,
  },
  "a certificate without the right to sign a handshake": {
    options: (files) => using(files.signed("encipher", ca, { extensions: ["keyUsage=keyEncipherment"] })),
    says: /keyUsage lacks digitalSignature/,
  },
  "a CA for other uses": {
    options: (files) => {
      const extensions = ["basicConstraints=critical,CA:TRUE", "extendedKeyUsage=emailProtection"];
      const mail = files.authority("mail", { extensions });
      return using(files.signed("below-mail", mail), mail.cert);
    },
    says: /^The CA certificate "CN=mail" above `tlsClientCert` .* lacks serverAuth/,
  },
};

/** What a peer refuses in the handshake, or at OpenSSL's default security level, although `openssl verify` accepts it. */
const WEAK: Readonly<Record<string, Refusal>> = {
  "a short RSA key": {
    options: (files) => using(files.signed("weak", ca, { key: "rsa:1024" })),
    says: /its key has 1024 bits: OpenSSL refuses RSA below 2048/,
  },
  "a curve unknown to TLS": {
    options: (files) => using(files.signed("odd", ca, { key: "secp256k1" })),
    says: /its key is on the curve secp256k1.*use P-256/,
  },
  "a SHA-1 signature": {
    options: (files) => using(files.signed("sha1", ca, { digest: "sha1" })),
    says: /signed with MD5 or SHA-1.*SHA-256/,
  },
  "certificates that are not valid yet": {
    options: () => instead({}),
    check: lateBy(-YEAR_MS),
    says: /is not valid before 20\d\d-/,
  },
  "an expired CA": {
    options: (files) =>
      using(files.signed("outlives", files.authority("short"), { days: 900 }), files.path("short.pem")),
    check: lateBy(YEAR_MS),
    says: /^The CA certificate "CN=short" above `tlsClientCert` \(.*\) expired at /,
  },
};

function refusalOf({ options, check }: Refusal): { readonly options: SecurityOptions; readonly error: unknown } {
  const given = options(files);
  const security = new Security(given);
  return { options: given, error: thrownBy(() => security.check(check)) };
}

const ALL = [FILES, CHAINS, WEAK].flatMap((cases) => Object.entries(cases));

describe("Security.check refuses", () => {
  it.each(ALL)("%s", (_title, refusal) => {
    const { options, error } = refusalOf(refusal);

    expect(error).toBeInstanceOf(DaskFleetError);
    expect(error).toMatchObject({ code: "SECURITY_INVALID", message: expect.stringMatching(refusal.says) });
    const keys = [ca.key, leaf.key].map((path) => readFileSync(path, "utf8"));
    expect(leaks(error, keyRuns(...keys, options.tlsClientKey ?? ""))).toEqual([]);
  });

  it.each(Object.entries(CHAINS))("as OpenSSL does: %s", (_title, { options }) => {
    const { tlsCaFile = "", tlsClientCert = "" } = options(files);
    const chain = ["-CAfile", tlsCaFile, "-untrusted", tlsClientCert, tlsClientCert];

    const verify = (purpose: string): string => files.run("verify", "-purpose", purpose, ...chain);

    expect(() => verify("sslserver") + verify("sslclient")).toThrow(/verification failed/);
  });

  it("an unreadable file", () => {
    const secret = files.write("secret.key", readFileSync(leaf.key, "utf8"));
    files.chmod(secret, 0o000);
    const security = new Security(instead({ tlsClientKey: secret }));

    expect(() => asNobody(files, () => security.check())).toThrow(
      /^`tlsClientKey`: no permission to read .*secret\.key\.$/,
    );
  });

  it("only certificates of the requested roles", () => {
    const serverOnly = files.signed("server-alone", ca, { extensions: ["extendedKeyUsage=serverAuth"] });
    const security = new Security(instead({ tlsWorkerCert: serverOnly.cert, tlsWorkerKey: serverOnly.key }));

    security.check({ roles: ["scheduler", "client"] });

    expect(() => security.check({ roles: ["worker"] })).toThrow(/`tlsWorkerCert` .* cannot be used by the worker/);
  });
});

/** Root may read everything, so a test that runs as root reads as another user. */
function asNobody(files: OpensslFiles, read: () => void): void {
  if (process.geteuid?.() !== 0) return read();
  files.chmod(files.directory, 0o755);
  process.seteuid?.(65_534);
  try {
    return read();
  } finally {
    process.seteuid?.(0);
  }
}
