import { afterAll, describe, expect, it } from "vitest";

import { Security } from "../../../src/security/security.ts";
import type { Role } from "../../../src/security/tls-material.ts";
import { keyRuns, leaks, thrownBy } from "./key-material.ts";
import { OpensslFiles } from "./openssl-files.ts";

const ROLES: readonly Role[] = ["scheduler", "worker", "client"];

const files = new OpensslFiles();
afterAll(() => files[Symbol.dispose]());

function throughJson(security: Security): Security {
  return Security.fromRecord(JSON.parse(JSON.stringify(security.toRecord())));
}

describe("a Security's record", () => {
  it("restores temporary certificates and their names", () => {
    const before = Security.temporary({ clusterName: "x" });

    const after = throughJson(before);

    after.check();
    expect(after.isTemporary).toBe(true);
    expect(after.clientTls()).toEqual(before.clientTls());
    expect(ROLES.map((role) => after.materialFor(role))).toEqual(ROLES.map((role) => before.materialFor(role)));
    expect(after.notAfter).toEqual(before.notAfter);
  });

  it("restores the caller's own certificates with every setting, even if their files are gone", () => {
    const root = files.authority("root");
    const middle = files.intermediate("middle", root);
    const { cert, key } = files.signed("leaf", middle);
    const before = new Security({
      tlsCaFile: root.cert,
      tlsClientCert: files.join("chain.pem", cert, middle.cert),
      tlsClientKey: key,
      tlsCiphers: "ECDHE+AESGCM",
      tlsMinVersion: 1.2,
      tlsMaxVersion: "1.3",
      requireEncryption: false,
      extraConnArgs: { a: [1] },
    });
    const record = JSON.stringify(before.toRecord());
    const materials = ROLES.map((role) => before.materialFor(role));

    const after = Security.fromRecord(JSON.parse(record));

    after.check();
    expect(record).not.toContain(files.directory);
    expect(ROLES.map((role) => after.materialFor(role))).toEqual(materials);
    expect(after.daskSettings()).toEqual(before.daskSettings());
    expect(after.clientTls()).toEqual(before.clientTls());
    expect(after.extraConnArgs).toEqual({ a: [1] });
    expect(after.isTemporary).toBe(false);
  });

  it("holds three keys, without the CA's", () => {
    const record = JSON.stringify(Security.temporary().toRecord());

    expect(record.match(/BEGIN PRIVATE KEY/g)).toHaveLength(3);
    expect(record.match(/BEGIN CERTIFICATE/g)).toHaveLength(4);
  });

  it.each<[string, (record: Record<string, unknown>) => unknown]>([
    ["nothing", () => undefined],
    ["another version", (record) => ({ ...record, version: 3 })],
    ["a version that joins, of one that does not", (record) => ({ ...record, version: 2 })],
    ["no options", ({ version, id }) => ({ version, id })],
    ["an id that is not hexadecimal", (record) => ({ ...record, id: "a.evil" })],
    ["unknown options", (record) => ({ ...record, options: { tlsKey: "x" } })],
  ])("is refused with %s, without printing its keys", (_title, change) => {
    const security = Security.temporary();
    const runs = keyRuns(security.materialFor("client").key, security.materialFor("worker").key);
    const record = change({ ...security.toRecord() });

    const error = thrownBy(() => Security.fromRecord(record));

    expect(error).toMatchObject({ code: "SECURITY_INVALID" });
    expect(leaks(error, runs)).toEqual([]);
  });
});
