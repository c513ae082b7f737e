import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import type { SecurityFromOptions } from "../../../../src/security/references/from-options.ts";
import type { SecretReference } from "../../../../src/security/references/secret-reference.ts";
import { Security } from "../../../../src/security/security.ts";
import { keyRuns, leaks, thrownBy } from "../key-material.ts";

const MADE = Security.temporary();
const [SCHEDULER, CLIENT] = [MADE.materialFor("scheduler"), MADE.materialFor("client")];
const { signal } = new AbortController();

const CERT = "aws-sm:dask/cert";
const KEY = "aws-sm:dask/key#pem";
const CERT_REFERENCE: SecretReference = { store: "aws-sm", id: "dask/cert" };
const KEY_REFERENCE: SecretReference = { store: "aws-sm", id: "dask/key", field: "pem" };

/** A store in memory. */
function storing(texts: Readonly<Record<string, string>>): {
  readonly asked: string[];
  readonly fetch: (reference: SecretReference, use: string) => Promise<string>;
} {
  const asked: string[] = [];
  const fetch = async (reference: SecretReference, use: string): Promise<string> => {
    const id = "id" in reference ? reference.id : "";
    asked.push(`${use} ${id}`);
    const text = texts[id];
    if (text === undefined) throw new Error("no such secret");
    return await Promise.resolve(text);
  };
  return { asked, fetch };
}

describe("Security.from", () => {
  it("tells a machine what it fetches, and what is at hand as text", () => {
    const security = Security.from({ ca: CLIENT.ca, cert: CERT, key: KEY });
    expect(security.nodeTls("worker")).toEqual({
      delivery: "fetch",
      files: { ca: CLIENT.ca, cert: CERT_REFERENCE, key: KEY_REFERENCE },
      locations: undefined,
    });
    expect(security.hasReferences).toBe(true);
  });

  it("refuses to find the CA above certificates that only machines fetch", () => {
    for (const pair of [
      { cert: CERT, key: KEY },
      { cert: CLIENT.cert, key: KEY },
    ]) {
      const error = thrownBy(() => Security.from({ ca: "system", ...pair }));
      expect(error).toMatchObject({
        code: "SECURITY_INVALID",
        message: expect.stringContaining('`tlsCaFile: "system"`') as string,
      });
    }
  });

  it("takes a certificate's reference for its key where no key is given", () => {
    const ocid = "ocid1.certificate.oc1.eu-frankfurt-1.abc";
    const security = Security.from({ ca: CLIENT.ca, cert: `oci-cert:${ocid}` });
    const bundle = { store: "oci-cert", ocid };
    expect(security.nodeTls("scheduler")).toMatchObject({ files: { cert: bundle, key: bundle } });
  });

  it("gives each role its own pair, and the others the common one", () => {
    const security = Security.from({
      ca: CLIENT.ca,
      cert: CERT,
      key: KEY,
      scheduler: { cert: SCHEDULER.cert, key: SCHEDULER.key },
      client: { cert: CLIENT.cert, key: CLIENT.key },
    });
    expect(security.nodeTls("scheduler")).toEqual(SCHEDULER);
    expect(security.nodeTls("worker")).toMatchObject({ files: { key: KEY_REFERENCE } });
    expect(security.knownNotAfter).toEqual(MADE.notAfter);
    expect(() => security.check()).not.toThrow();
    expect(security.clientTls().schedulerKey256).toBe(MADE.clientTls().schedulerKey256);
  });

  it("names where on the machines files are wanted", () => {
    const locations = { key: "/opt/dask/key.pem" };
    const security = Security.from({ ca: CLIENT.ca, cert: CLIENT.cert, key: CLIENT.key, locations });
    expect(security.nodeTls("worker")).toMatchObject({ delivery: "fetch", locations, files: { ca: CLIENT.ca } });
  });

  it.each<[string, object, RegExp]>([
    [
      "a misspelt store",
      { key: "aws_sm:dask/key" },
      /^The `tlsClientKey` option names a store that is not known\. Did you mean aws-sm:\?$/,
    ],
    [
      "a wrong form",
      { key: "gcp-sm:dask/key" },
      /^The reference in the `tlsClientKey` option names no secret of a project: expected gcp-sm:projects/,
    ],
    [
      "a certificate for a CA",
      { ca: "oci-cert:ocid1.certificate.oc1..abc" },
      /`tlsCaFile` option has a certificate with its key, not a CA's certificates \(those are in oci-cert-authority:\)/,
    ],
    [
      "a CA for a key",
      { key: "oci-cert-authority:ocid1.certificateauthority.oc1..abc" },
      /`tlsClientKey` option has a CA's certificates, not a private key/,
    ],
    ["a pair that is a text", { worker: CERT }, /^Expected the `worker` option to be an object of `cert` and `key`\.$/],
    ["a pair with another name", { worker: { cert: CERT, password: "x" } }, /^The `worker` option knows/],
    ["a relative location", { locations: { key: "key.pem" } }, /^Expected `locations\.key` to be an absolute path/],
    ["a location that leads up", { locations: { key: "/opt/../etc/shadow" } }, /^Expected `locations\.key`/],
    ["an unknown location", { locations: { crt: "/opt/c.pem" } }, /knows `ca`, `cert` and `key`/],
    ["no CA", { ca: undefined }, /^The `tlsCaFile` option is missing/],
  ])("refuses %s", (_what, options, message) => {
    const given = { ca: "ca.pem", cert: CERT, key: KEY, ...options } as SecurityFromOptions;
    expect(thrownBy(() => Security.from(given))).toMatchObject({
      code: "SECURITY_INVALID",
      message: expect.stringMatching(message),
    });
  });

  it("does not show a key that stands where a reference is expected", () => {
    const runs = keyRuns(CLIENT.key);
    const body = CLIENT.key.replaceAll("\n", "");
    for (const key of [`aws-sm:${CLIENT.key}`, `aws_sm:${body.slice(28)}`, `vault:${body.slice(28)}`]) {
      expect(
        leaks(
          thrownBy(() => Security.from({ ca: "ca.pem", cert: CERT, key })),
          runs,
        ),
      ).toEqual([]);
    }
  });
});

describe("A reference of the client's", () => {
  const given = { ca: CLIENT.ca, cert: CERT, key: KEY };

  it("is fetched by load, and by nothing before", async () => {
    const security = Security.from(given);
    expect(() => security.check()).not.toThrow();
    expect(thrownBy(() => security.clientTls())).toMatchObject({
      code: "SECURITY_INVALID",
      message: "`tlsClientCert` (aws-sm:dask/cert) is in a store, from which it has not been fetched.",
    });
    const store = storing({ "dask/cert": CLIENT.cert, "dask/key": CLIENT.key });
    await security.load(store.fetch, signal);
    expect(store.asked).toEqual(["cert dask/cert", "key dask/key"]);
    expect(security.clientTls().material).toEqual(CLIENT);
    expect(security.notAfter).toEqual(MADE.notAfter);
  });

  it("is not the scheduler's: its certificate is proven by the CA, for the store may have another version by then", async () => {
    const security = Security.from(given);
    await security.load(storing({ "dask/cert": CLIENT.cert, "dask/key": CLIENT.key }).fetch, signal);
    expect(security.clientTls().schedulerKey256).toBeUndefined();
    expect(security.nodeTls("scheduler")).toMatchObject({ files: { key: KEY_REFERENCE } });
  });

  it("is fetched anew by each load, so that a rotated key is taken", async () => {
    const other = Security.temporary().materialFor("client");
    const security = Security.from({ ...given, ca: CLIENT.ca + other.ca });
    await security.load(storing({ "dask/cert": CLIENT.cert, "dask/key": CLIENT.key }).fetch, signal);
    await security.load(storing({ "dask/cert": other.cert, "dask/key": other.key }).fetch, signal);
    expect(security.materialFor("client").key).toBe(other.key);
  });

  it("is checked once it is here, and named by its reference where it does not fit", async () => {
    const security = Security.from(given);
    await security.load(storing({ "dask/cert": CLIENT.cert, "dask/key": SCHEDULER.key }).fetch, signal);
    expect(thrownBy(() => security.check())).toMatchObject({
      message:
        "The key in `tlsClientKey` (aws-sm:dask/key#pem) does not fit the certificate in `tlsClientCert` (aws-sm:dask/cert).",
    });
  });

  it("that is nonsense is told without its text", async () => {
    const security = Security.from(given);
    await security.load(storing({ "dask/cert": CLIENT.cert, "dask/key": "hunter2" }).fetch, signal);
    const error = thrownBy(() => security.check());
    expect(error).toMatchObject({
      message: expect.stringMatching(/^`tlsClientKey` \(aws-sm:dask\/key#pem\) is not PEM/),
    });
    expect(String(error)).not.toContain("hunter2");
  });

  it("is in records and inspections as a reference, after it was fetched, too", async () => {
    const security = Security.from({ ...given, locations: { key: "/opt/key.pem" } });
    await security.load(storing({ "dask/cert": CLIENT.cert, "dask/key": CLIENT.key }).fetch, signal);
    const record = security.toRecord();
    expect(leaks(record, keyRuns(CLIENT.key))).toEqual([]);
    expect(leaks(security, keyRuns(CLIENT.key))).toEqual([]);
    expect(record.options).toMatchObject({ tlsCaFile: CLIENT.ca, tlsClientCert: CERT, tlsClientKey: KEY });
    const restored = Security.fromRecord(JSON.parse(JSON.stringify(record)));
    expect(restored.toRecord()).toEqual(record);
    expect(restored.nodeTls("worker")).toEqual(security.nodeTls("worker"));
  });

  it("leaves files beside it in the record as texts", () => {
    const path = join(tmpdir(), `dask-fleet-ca-${process.pid}.pem`);
    writeFileSync(path, CLIENT.ca);
    expect(Security.from({ ...given, ca: path }).toRecord().options.tlsCaFile).toBe(CLIENT.ca);
  });
});
