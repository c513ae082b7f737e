import { describe, expect, it } from "vitest";

import type { SecurityOptions } from "../../../src/security/security-options.ts";
import { Security } from "../../../src/security/security.ts";
import { keyRuns, leaks, thrownBy } from "./key-material.ts";

const GIVEN = { tlsCaFile: "ca.pem", tlsClientCert: "cert.pem", tlsClientKey: "key.pem" };
const KEY = Security.temporary().materialFor("client").key;

function refusal(options: unknown): unknown {
  return thrownBy(() => new Security(options as SecurityOptions));
}

describe("new Security", () => {
  it("touches no file", () => {
    expect(() => new Security({ tlsCaFile: "/nowhere/ca.pem", tlsClientCert: "/nowhere/cert.pem" })).not.toThrow();
  });

  it.each<[string, unknown, RegExp]>([
    ["no options", undefined, /^Expected the security options to be an object, got undefined\.$/],
    ["an array", [], /to be an object, got an array\.$/],
    ["no CA", { tlsClientCert: "c" }, /^The `tlsCaFile` option is missing: /],
    [
      "only a CA",
      { tlsCaFile: "ca" },
      /^The `tlsSchedulerCert` option is missing: the scheduler needs .* or `tlsClientCert` for every role\.$/,
    ],
    ["no worker pair", { tlsCaFile: "ca", tlsSchedulerCert: "s" }, /^The `tlsWorkerCert` option is missing/],
    [
      "no client pair",
      { tlsCaFile: "ca", tlsSchedulerCert: "s", tlsWorkerCert: "w" },
      /^The `tlsClientCert` option is missing: the client needs a certificate of its own\.$/,
    ],
    [
      "a key without its certificate",
      { ...GIVEN, tlsWorkerKey: "w" },
      /^The `tlsWorkerCert` option is missing: `tlsWorkerKey` is given without/,
    ],
    [
      "a name in Python's spelling",
      { ...GIVEN, tls_ca_file: "ca" },
      /^Unknown security option `tls_ca_file`\. Did you mean `tlsCaFile`\?$/,
    ],
    ["a misspelt name", { ...GIVEN, tlsShedulerCert: "ca" }, /Did you mean `tlsSchedulerCert`\?$/],
    ["a very long key", { ...GIVEN, ["x".repeat(400)]: 1 }, /^Unknown security option with a very long name\./],
    [
      "a number for a file",
      { ...GIVEN, tlsCaFile: 7 },
      /^Expected the `tlsCaFile` option to be a path, a PEM text or a reference to a secret, got a number\.$/,
    ],
    ["an empty path", { ...GIVEN, tlsCaFile: "" }, /got an empty string\.$/],
    [
      "a buffer for a key",
      { ...GIVEN, tlsClientKey: Buffer.from("x") },
      /^Expected the `tlsClientKey` option .*got an object\.$/,
    ],
    [
      "TLS 1.1",
      { ...GIVEN, tlsMinVersion: 1.1 },
      /^Expected the `tlsMinVersion` option to be "1\.2" or "1\.3" .* got `1\.1` \(number\)\.$/,
    ],
    ["TLS 1.0 as text", { ...GIVEN, tlsMaxVersion: "1.0" }, /`tlsMaxVersion` .*got `1\.0` \(string\)/],
    ["an invalid version", { ...GIVEN, tlsMinVersion: {} }, /got an object\.$/],
    [
      "a maximum version below the minimum",
      { ...GIVEN, tlsMinVersion: "1.3", tlsMaxVersion: 1.2 },
      /^Expected `tlsMaxVersion` \(TLSv1\.2\) to be no lower than/,
    ],
    [
      "a string for a flag",
      { ...GIVEN, requireEncryption: "yes" },
      /`requireEncryption` option to be a boolean, got a string\.$/,
    ],
    [
      "a number for ciphers",
      { ...GIVEN, tlsCiphers: 1 },
      /`tlsCiphers` option to be an OpenSSL cipher list, got a number\.$/,
    ],
    [
      "a list of connection arguments",
      { ...GIVEN, extraConnArgs: [] },
      /`extraConnArgs` option to be an object, got an array\.$/,
    ],
  ])("refuses %s", (_title, options, says) => {
    expect(refusal(options)).toMatchObject({ code: "SECURITY_INVALID", message: expect.stringMatching(says) });
  });

  it.each<[string, object]>([
    ["as an option's name", { ...GIVEN, [KEY]: "x" }],
    ["in a list", { ...GIVEN, tlsClientKey: [KEY] }],
    ["as a TLS version", { ...GIVEN, tlsMinVersion: KEY }],
    ["as a flag", { ...GIVEN, requireEncryption: KEY }],
    ["as connection arguments", { ...GIVEN, extraConnArgs: KEY }],
    ["as the options", { toString: () => KEY, ...GIVEN, x: KEY }],
  ])("never prints a misplaced key %s", (_title, options) => {
    const error = refusal(options);

    expect(error).toBeInstanceOf(Error);
    expect(leaks(error, keyRuns(KEY))).toEqual([]);
  });

  it.each([
    ["without its first line", KEY.replace(/^-.*-\n/, "")],
    ["as bare base64", KEY.replaceAll(/-----.*-----|\s/g, "")],
    ["with spaces for line ends", KEY.replace(/^-.*-\n/, "").replaceAll("\n", " ")],
  ])("never prints a malformed key that looks like a path: %s", (_title, value) => {
    const security = new Security({ ...GIVEN, tlsClientCert: value, tlsClientKey: value });
    const error = thrownBy(() => security.materialFor("client"));

    expect(error).toMatchObject({ message: expect.stringContaining("neither PEM nor looks like a path") });
    expect(leaks([security, error], keyRuns(`PRIVATE KEY-----${value}-----END`, KEY))).toEqual([]);
    expect(leaks(error, keyRuns(KEY))).toEqual([]);
  });

  it("treats null as an absent option, as Dask's YAML does", () => {
    const options = { ...GIVEN, tlsWorkerCert: null, tlsMaxVersion: null, requireEncryption: null };

    const security = new Security(options as unknown as SecurityOptions);

    expect(security.requireEncryption).toBe(true);
  });

  it("ignores later changes to its options", () => {
    const options = { ...GIVEN, requireEncryption: false, extraConnArgs: { headers: 1 } };
    const security = new Security(options);

    options.requireEncryption = true;
    options.extraConnArgs.headers = 2;

    expect(security.requireEncryption).toBe(false);
  });
});

describe("daskSettings", () => {
  it("names the defaults of Dask that matter, and omits null ones", () => {
    expect(new Security(GIVEN).daskSettings()).toEqual({
      "distributed.comm.require-encryption": true,
      "distributed.comm.tls.min-version": 1.2,
    });
  });

  it.each(["1.3", 1.3] as const)("returns versions as numbers, whichever way %j was written", (version) => {
    const ciphers = "ECDHE+AESGCM";
    const options = { ...GIVEN, tlsMinVersion: version, tlsMaxVersion: version, tlsCiphers: ciphers } as const;

    expect(new Security({ ...options, requireEncryption: false }).daskSettings()).toEqual({
      "distributed.comm.require-encryption": false,
      "distributed.comm.tls.min-version": 1.3,
      "distributed.comm.tls.max-version": 1.3,
      "distributed.comm.tls.ciphers": ciphers,
    });
  });
});
