import { createPrivateKey, X509Certificate } from "node:crypto";

import { afterAll, describe, expect, it } from "vitest";

import { publicKeyHash } from "../../../src/security/certificates/public-key.ts";
import { Security } from "../../../src/security/security.ts";
import type { Role } from "../../../src/security/tls-material.ts";
import { ACCEPTED_VARIANTS } from "./accepted-variants.ts";
import { OpensslFiles } from "./openssl-files.ts";

const ROLES: readonly Role[] = ["scheduler", "worker", "client"];

describe("a caller's own certificates", () => {
  const files = new OpensslFiles();
  afterAll(() => files[Symbol.dispose]());

  it.each(Object.entries(ACCEPTED_VARIANTS))("accepts %s", (_title, make) => {
    const security = new Security(make(files));

    security.check();

    for (const role of ROLES) {
      const { ca, cert, key } = security.materialFor(role);
      const leaf = new X509Certificate(cert);
      expect(leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
      expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
      const written = [files.write("v-ca.pem", ca), files.write("v-cert.pem", cert)] as const;
      const purpose = role === "client" ? "sslclient" : "sslserver";
      const verify = ["-purpose", purpose, "-CAfile", written[0], "-untrusted", written[1], written[1]];
      expect(files.run("verify", ...verify)).toContain("OK");
    }
    const { schedulerKey256, serverName } = security.clientTls();
    expect(schedulerKey256).toBe(publicKeyHash(new X509Certificate(security.materialFor("scheduler").cert)));
    expect(serverName).toBeUndefined();
  });

  it("sends the leaf first, then its intermediates, without the root", () => {
    const root = files.authority("order-root");
    const upper = files.intermediate("order-upper", root);
    const lower = files.intermediate("order-lower", upper);
    const { cert, key } = files.signed("order-leaf", lower);
    const jumbled = files.join("jumbled.pem", root.cert, upper.cert, cert, lower.cert);
    const security = new Security({ tlsCaFile: root.cert, tlsClientCert: jumbled, tlsClientKey: key });

    const blocks = security.materialFor("worker").cert.match(/-----BEGIN[^]*?-----END CERTIFICATE-----\n/g) ?? [];

    expect(blocks.map((block) => new X509Certificate(block).subject)).toEqual([
      "CN=order-leaf",
      "CN=order-lower",
      "CN=order-upper",
    ]);
    security.check();
  });

  it("reads each file once, when it is first needed", () => {
    const { cert, key } = files.selfSigned("once");
    const security = new Security({ tlsCaFile: cert, tlsClientCert: cert, tlsClientKey: key });
    security.check();
    const before = security.materialFor("client");

    files.write("once.pem", "gone");

    expect(security.materialFor("client")).toEqual(before);
  });

  it("returns the earliest expiry of the certificates", () => {
    const ca = files.authority("short-ca");
    const long = files.signed("long", ca, { days: 29 });
    const short = files.signed("short", ca, { days: 10 });
    const security = new Security({
      tlsCaFile: ca.cert,
      tlsClientCert: long.cert,
      tlsClientKey: long.key,
      tlsWorkerCert: short.cert,
      tlsWorkerKey: short.key,
    });

    const days = (security.notAfter.getTime() - Date.now()) / 86_400_000;

    expect(days).toBeGreaterThan(9.9);
    expect(days).toBeLessThan(10.1);
  });
});
