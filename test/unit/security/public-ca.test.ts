import { readFileSync } from "node:fs";
import { getCACertificates, rootCertificates, setDefaultCACertificates } from "node:tls";

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import type { SecurityOptions } from "../../../src/security/security-options.ts";
import { Security } from "../../../src/security/security.ts";
import { OpensslFiles, type Pair } from "./openssl-files.ts";

const files = new OpensslFiles();
let root: Pair;
let leaf: Pair;
/** The leaf with the intermediate behind it. */
let chain: string;

beforeAll(() => {
  root = files.authority("company-root");
  const intermediate = files.intermediate("company-intermediate", root);
  leaf = files.signed("node", intermediate, {
    extensions: ["subjectAltName=DNS:scheduler.example.com,DNS:*.lab.example"],
  });
  chain = files.join("chain.pem", leaf.cert, intermediate.cert);
});
afterAll(() => files[Symbol.dispose]());

function options(more: SecurityOptions = {}): SecurityOptions {
  return { tlsCaFile: root.cert, tlsClientCert: chain, tlsClientKey: leaf.key, ...more };
}

function trustHere(...pems: readonly string[]): void {
  const before = getCACertificates("default");
  setDefaultCACertificates([...before, ...pems]);
  onTestFinished(() => setDefaultCACertificates(before));
}

describe("tlsCaFile: system", () => {
  test("is the one root above the certificates that this computer trusts", () => {
    trustHere(readFileSync(root.cert, "utf8"), readFileSync(files.authority("unused-root").cert, "utf8"));
    const security = new Security(options({ tlsCaFile: "system" }));
    security.check();
    const { ca } = security.materialFor("worker");
    expect(ca.trim()).toBe(readFileSync(root.cert, "utf8").trim());
    expect(Security.fromRecord(security.toRecord()).materialFor("scheduler").ca).toBe(ca);
  });

  test("is refused where the certificates lead to no CA that this computer trusts", () => {
    const security = new Security(options({ tlsCaFile: "system" }));
    expect(() => security.check()).toThrow(
      /leads to no CA that this computer trusts: it is below "CN=company-root".*`tlsCaFile`/u,
    );
  });

  test("is refused without the intermediates, which are named", () => {
    trustHere(readFileSync(root.cert, "utf8"));
    const security = new Security(options({ tlsCaFile: "system", tlsClientCert: leaf.cert }));
    expect(() => security.check()).toThrow(/below "CN=company-intermediate"\. Put the intermediates behind it/u);
  });
});

describe("A public CA", () => {
  const [publicRoot = ""] = rootCertificates;

  test("is refused, also beside one's own, because Dask would admit anybody", () => {
    const both = files.write("both.pem", `${readFileSync(root.cert, "utf8")}${publicRoot}\n`);
    const security = new Security(options({ tlsCaFile: both }));
    expect(() => security.check()).toThrow(
      /^`tlsCaFile` \(.*both\.pem\) is the public CA ".*anybody who reaches the cluster could run code.*allowPublicCa: true/u,
    );
  });

  test("is accepted where the options say so, and the record keeps it", () => {
    const both = files.write("both.pem", `${readFileSync(root.cert, "utf8")}${publicRoot}\n`);
    const security = new Security(options({ tlsCaFile: both, allowPublicCa: true }));
    security.check();
    Security.fromRecord(security.toRecord()).check();
    expect(security.toJSON()).toMatchObject({ allowPublicCa: true });
  });
});

describe("serverName", () => {
  test.each(["scheduler.example.com", "SCHEDULER.example.com", "s1.lab.example"])(
    "%s is in the certificate",
    (name) => {
      const security = new Security(options({ serverName: name }));
      security.check();
      expect(security.clientTls().serverName).toBe(name);
      expect(Security.fromRecord(security.toRecord()).clientTls().serverName).toBe(name);
    },
  );

  test("that the scheduler's certificate lacks is refused before anything is made", () => {
    const security = new Security(options({ serverName: "other.example.com" }));
    expect(() => security.check()).toThrow(
      /is not for `serverName` \(other\.example\.com\): its names are DNS:scheduler\.example\.com, DNS:\*\.lab\.example\.$/u,
    );
  });

  test.each(["10.0.0.1", "a b", "https://x.example", ".", "-"])("%s is no DNS name", (serverName) => {
    expect(() => new Security(options({ serverName }))).toThrow("`serverName` option to be a DNS name");
  });

  test("is not compared without the option", () => {
    expect(new Security(options()).clientTls()).not.toHaveProperty("serverName");
  });
});
