import { X509Certificate } from "node:crypto";

import { expect, test } from "vitest";

import { publicKeyHash } from "../../../src/security/certificates/public-key.ts";
import { Security } from "../../../src/security/security.ts";
import { OpensslFiles } from "./openssl-files.ts";

const DAY_MS = 86_400_000;
const BEGAN = new Date("2026-03-01T00:00:00Z");
const later = (days: number): Date => new Date(BEGAN.getTime() + days * DAY_MS);
const ROLES = ["scheduler", "worker", "client"] as const;

test("Renewed certificates have the same CA, names, keys and pin; keys do not change", () => {
  const security = Security.temporary({ now: BEGAN });
  expect(security.renewalDue).toEqual(later(182.5));
  const [before, record] = [security.certificates(), security.toRecord()];
  const { schedulerKey256, serverName } = security.clientTls();
  const renewed = security.renewed(later(183));
  expect(security.certificates()).toEqual(before);

  expect(security.adopt(renewed)).toBe(true);
  expect(security.notAfter).toEqual(later(183 + 365));
  expect(security.clientTls()).toMatchObject({ schedulerKey256, serverName });
  security.check({ now: later(500) });
  const ca = new X509Certificate(security.materialFor("client").ca);
  for (const role of ROLES) {
    const [was, is] = [new X509Certificate(before[role] ?? ""), new X509Certificate(renewed[role] ?? "")];
    expect(is.verify(ca.publicKey) && is.checkIssued(ca)).toBe(true);
    expect([is.subject, is.subjectAltName, is.keyUsage]).toEqual([was.subject, was.subjectAltName, was.keyUsage]);
    expect(publicKeyHash(is)).toBe(publicKeyHash(was));
    expect(is.serialNumber).not.toBe(was.serialNumber);
  }
  const { options } = security.toRecord();
  expect(options).toMatchObject({
    tlsCaFile: record.options.tlsCaFile,
    tlsSchedulerKey: record.options.tlsSchedulerKey,
    tlsWorkerKey: record.options.tlsWorkerKey,
    tlsClientKey: record.options.tlsClientKey,
  });
  // Renewed again and again, for longer than anybody keeps a cluster.
  security.adopt(security.renewed(later(3650)));
  security.check({ now: later(3651), validUntil: later(4000) });
});

test("Certificates that were renewed by another process are taken over; older ones, other keys and other CAs are not", () => {
  const security = Security.temporary({ now: BEGAN });
  const attached = Security.fromRecord(security.toRecord());
  expect([attached.renewalDue, attached.halfLife]).toEqual([undefined, later(182.5)]);
  expect(() => attached.renewed()).toThrow("Only a process that has the CA's key can renew certificates.");

  const first = security.certificates();
  security.adopt(security.renewed(later(183)));
  expect([attached.isRenewed, Security.fromRecord(security.toRecord()).isRenewed]).toEqual([false, true]);
  expect(attached.adopt(security.certificates())).toBe(true);
  expect(attached.toRecord()).toEqual(security.toRecord());
  expect(attached.adopt(first)).toBe(false);
  expect(attached.isRenewed).toBe(true);

  const stranger = Security.temporary({ now: later(900) });
  expect(() => attached.adopt(stranger.certificates())).toThrow("does not fit the certificate");
  expect(() => attached.adopt({ ...security.renewed(later(900)), client: "nonsense" })).toThrow("no file");
  expect(attached.certificates()).toEqual(security.certificates());
});

test("The caller's own certificates are never renewed", async () => {
  const security = new Security(Security.temporary({ now: BEGAN }).toRecord().options);
  expect([security.renewalDue, security.halfLife]).toEqual([undefined, undefined]);
  expect(() => security.renewed()).toThrow("Only a process that has the CA's key");
  expect(() => security.adopt(security.certificates())).toThrow("your own");
});

test("The CA's key is in no inspection, JSON or record", () => {
  const security = Security.temporary();
  const keys = JSON.stringify([security.toRecord(), security, Object.values(security)]).match(/BEGIN PRIVATE KEY/gu);
  expect(keys).toHaveLength(3);
});

test("OpenSSL accepts renewed certificates after the first have expired", () => {
  const security = Security.temporary({ now: new Date(Date.now() - 120_000), validForMs: 60_000 });
  security.adopt(security.renewed());
  using files = new OpensslFiles();
  const ca = files.write("ca.pem", security.materialFor("client").ca);
  for (const role of ROLES) {
    const leaf = files.write(`${role}.pem`, security.materialFor(role).cert);
    const purpose = role === "client" ? "sslclient" : "sslserver";
    expect(files.run("verify", "-x509_strict", "-CAfile", ca, "-purpose", purpose, leaf)).toContain("OK");
  }
});
