import { inspect } from "node:util";

import { describe, expect, it } from "vitest";

import { Security } from "../../../src/security/security.ts";
import type { Role } from "../../../src/security/tls-material.ts";
import { keyRuns, leaks } from "./key-material.ts";

const ROLES: readonly Role[] = ["scheduler", "worker", "client"];

describe("a Security redacts its keys", () => {
  const temporary = Security.temporary();
  const runs = keyRuns(...ROLES.map((role) => temporary.materialFor(role).key));

  it("as this test can detect", () => {
    expect(runs.length).toBeGreaterThan(5);
    expect(leaks({ nested: [temporary.materialFor("worker")] }, runs)).not.toEqual([]);
  });

  it.each([
    ["temporary", temporary],
    ["inside another object", { deep: [{ security: temporary }] }],
    ["restored from a record", Security.fromRecord(temporary.toRecord())],
    ["as an error's cause", new Error("outer", { cause: temporary })],
  ])("%s", (_title, value) => {
    // Inspected before and after its files were read.
    expect(leaks(value, runs)).toEqual([]);
    temporary.check();
    expect(leaks(value, runs)).toEqual([]);
  });

  it("and any other PEM text, but shows paths and settings", () => {
    const security = new Security({
      tlsCaFile: "/etc/dask/ca.pem",
      tlsClientCert: "certs/client.pem",
      tlsClientKey: temporary.materialFor("client").key,
      tlsMinVersion: 1.3,
      extraConnArgs: { headers: { authorization: "hunter2" } },
    });

    expect(inspect(security)).not.toContain("BEGIN");
    expect(leaks(security, runs)).toEqual([]);
    expect(JSON.stringify(security)).toBe(
      '{"tlsCaFile":"/etc/dask/ca.pem","tlsClientCert":"certs/client.pem","tlsClientKey":"in memory, not shown",' +
        '"tlsMinVersion":"TLSv1.3","requireEncryption":true,"extraConnArgs":"not shown"}',
    );
    expect(inspect(security, { depth: Infinity, showHidden: true })).not.toContain("hunter2");
  });
});
