import { createPrivateKey, X509Certificate } from "node:crypto";

import { assert, integer, property, string } from "fast-check";
import { afterAll, describe, expect, it } from "vitest";

import { fieldsOf } from "../../../src/security/certificates/certificate-fields.ts";
import { publicKeyHash } from "../../../src/security/certificates/public-key.ts";
import { Security } from "../../../src/security/security.ts";
import type { Role } from "../../../src/security/tls-material.ts";
import { OpensslFiles } from "./openssl-files.ts";

const ROLES: readonly Role[] = ["scheduler", "worker", "client"];
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const files = new OpensslFiles();
afterAll(() => files[Symbol.dispose]());

describe("Security.temporary", () => {
  const verify = (role: Role, purpose: string): string => {
    const { ca, cert } = Security.temporary({ clusterName: "a cluster" }).materialFor(role);
    const paths = [files.write("ca.pem", ca), files.write("leaf.pem", cert)] as const;
    const strict = ["-x509_strict", "-check_ss_sig", "-policy_check", "-auth_level", "2"];
    return files.run("verify", ...strict, "-purpose", purpose, "-CAfile", ...paths);
  };

  it.each<[Role, string]>([
    ["scheduler", "sslserver"],
    ["scheduler", "sslclient"],
    ["worker", "sslserver"],
    ["worker", "sslclient"],
    ["client", "sslclient"],
  ])("makes a %s certificate that OpenSSL accepts for %s at its strictest", (role, purpose) => {
    expect(verify(role, purpose)).toContain("leaf.pem: OK");
  });

  it("makes client certificates that no server can use", () => {
    expect(() => verify("client", "sslserver")).toThrow(/unsuitable certificate purpose/);
  });

  it("passes its own check, for every role and its whole lifetime", () => {
    const now = new Date("2026-03-01T12:00:00Z");
    const security = Security.temporary({ now, validForMs: DAY_MS });

    security.check({ now, validUntil: new Date("2026-03-02T12:00:00Z") });
    // A machine whose clock is 59 minutes behind.
    security.check({ now: new Date("2026-03-01T11:01:00Z") });

    expect(security.notAfter).toEqual(new Date("2026-03-02T12:00:00Z"));
    expect(() => security.check({ now, validUntil: new Date("2026-03-02T12:00:01Z") })).toThrow(/expires at/);
    expect(() => security.check({ now: new Date("2026-03-02T12:00:01Z") })).toThrow(
      /expired at 2026-03-02T12:00:00\.000Z/,
    );
    expect(() => security.check({ now: new Date("2026-03-01T10:59:00Z") })).toThrow(/not valid before/);
  });

  it("lasts 365 days by default", () => {
    const now = new Date("2026-03-01T00:00:00Z");

    expect(Security.temporary({ now }).notAfter).toEqual(new Date("2027-03-01T00:00:00Z"));
  });

  it("encodes dates on both sides of 2050, where the format changes", () => {
    const now = new Date("2049-12-31T23:00:00Z");
    const security = Security.temporary({ now, validForMs: DAY_MS });

    security.check({ now });

    expect(security.notAfter).toEqual(new Date("2050-01-01T23:00:00Z"));
  });

  it.each([0, -1, 59_999, Number.NaN, Number.POSITIVE_INFINITY, 3651 * DAY_MS])("refuses %s ms", (validForMs) => {
    expect(() => Security.temporary({ validForMs })).toThrow(/`validForMs` option to be from 60000 \(a minute\)/);
  });

  it("refuses an invalid date", () => {
    expect(() => Security.temporary({ now: new Date("soon") })).toThrow(/`now` option to be a valid date/);
  });

  it("issues a key and name per role, with the scheduler's name for our client", () => {
    const security = Security.temporary();
    const materials = ROLES.map((role) => security.materialFor(role));
    const names = materials.map(({ cert }) => new X509Certificate(cert).subjectAltName);
    const { serverName, schedulerKey256 } = security.clientTls();

    expect(new Set(materials.map(({ key }) => key)).size).toBe(3);
    expect(serverName).toMatch(/^scheduler\.[0-9a-f]{16}\.dask\.internal$/);
    expect(names).toEqual(ROLES.map((role) => `DNS:${serverName?.replace("scheduler", role)}`));
    expect(new X509Certificate(materials[0]?.cert ?? "").checkHost(serverName ?? "")).toBe(serverName);
    expect(schedulerKey256).toBe(publicKeyHash(new X509Certificate(materials[0]?.cert ?? "")));
  });

  it("isolates clusters: none trusts another", () => {
    const [mine, theirs] = [Security.temporary({ clusterName: "same" }), Security.temporary({ clusterName: "same" })];
    const { ca: tlsCaFile } = mine.materialFor("client");
    const { cert: tlsClientCert, key: tlsClientKey } = theirs.materialFor("client");

    expect(() => new Security({ tlsCaFile, tlsClientCert, tlsClientKey }).check()).toThrow(/does not lead to the CA/);
  });

  // Python's cryptography and Go parse DER strictly: a list of bits ends with the last one that is set.
  it.each<[Role | "ca", string]>([
    ["ca", "03020106"],
    ["scheduler", "03020780"],
    ["client", "03020780"],
  ])("encodes the key usage of %s as DER", (which, bits) => {
    const { ca, cert } = Security.temporary().materialFor(which === "ca" ? "client" : which);

    const { raw } = new X509Certificate(which === "ca" ? ca : cert);

    expect(raw.toString("hex")).toContain(`0603551d0f0101ff0404${bits}`);
  });

  it("fits in a machine's user data", () => {
    const { ca, cert, key } = Security.temporary({ clusterName: "x".repeat(64) }).materialFor("worker");

    expect(ca.length + cert.length + key.length).toBeLessThan(2000);
  });

  it("makes certificates that parse and verify for any cluster name (70 sets of 4)", () => {
    assert(
      property(string({ unit: "binary", maxLength: 80 }), integer({ min: MINUTE_MS, max: DAY_MS }), (name, ms) => {
        const security = Security.temporary({ clusterName: name, validForMs: ms });
        security.check();
        const ca = new X509Certificate(security.materialFor("client").ca);
        expect(ca.ca).toBe(true);
        expect(ca.verify(ca.publicKey)).toBe(true);
        expect(fieldsOf(ca).basicConstraints).toEqual({ authority: true, pathLength: 0 });
        for (const role of ROLES) {
          const { cert, key } = security.materialFor(role);
          const leaf = new X509Certificate(cert);
          expect(leaf.checkIssued(ca) && leaf.verify(ca.publicKey)).toBe(true);
          expect(leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
          expect(leaf.ca).toBe(false);
          // 9 bytes, the first from 0x40 to 0x7f.
          expect(leaf.serialNumber).toMatch(/^[4-7][0-9A-F]{17}$/);
          expect(fieldsOf(leaf)).toEqual({
            version: 3,
            signatureAlgorithm: "1.2.840.10045.4.3.2",
            basicConstraints: { authority: false, pathLength: undefined },
            keyUsage: 0x80,
          });
        }
      }),
      { numRuns: 70 },
    );
  });
});
