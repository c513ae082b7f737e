import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { SimulatedStores } from "@dask-fleet/simulated-clouds/stores";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";

import type { FetchTls } from "../../../src/security/node-tls.ts";
import type { SecretReference } from "../../../src/security/references/secret-reference.ts";
import { makePki } from "../../dask/machine/pki.ts";
import { OpensslFiles } from "../../unit/security/openssl-files.ts";
import { type Fetched, fetchOnMachine } from "./fetching.ts";

const { scheduler: pair, worker: other } = makePki();
const ref = (id: string): SecretReference => ({ store: "aws-sm", id });
const FILES = { ca: pair.ca, cert: ref("cert"), key: ref("key") };

let stores: SimulatedStores;
let folder: string;
beforeEach(async () => {
  stores = await new SimulatedStores().start();
  folder = mkdtempSync(join(tmpdir(), "dask-fleet-tls-"));
  stores.aws.putSecret("cert", pair.cert);
  stores.aws.putSecret("key", pair.key);
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await stores[Symbol.asyncDispose]();
});

async function fetchTls(files: FetchTls["files"], locations?: FetchTls["locations"]): Promise<Fetched> {
  return await fetchOnMachine(stores, {}, { delivery: "fetch", files, locations });
}

/** The three files, once they are known to be nobody else's. */
function filesOf({ status, files, console }: Fetched): object {
  expect(status, console).toBe(0);
  return Object.fromEntries(
    ["ca", "cert", "key"].map((name) => {
      const { content, mode } = files[`tls/${name}.pem`] ?? {};
      expect(mode).toBe(0o600);
      return [name, content?.toString()];
    }),
  );
}

describe("Certificate and key arrive from", () => {
  test("secrets of their own", async () => {
    expect(filesOf(await fetchTls(FILES))).toEqual(pair);
  });

  test("one secret that holds both, and the CA", async () => {
    stores.aws.putSecret("all", `${pair.cert}${pair.key}`);
    expect(filesOf(await fetchTls({ ca: pair.ca, cert: ref("all"), key: ref("all") }))).toEqual(pair);
    // Both of one version.
    expect(stores.requests.filter(({ host }) => host.startsWith("secretsmanager"))).toHaveLength(1);
  });

  test("OCI's Certificates, with the CA of its own", async () => {
    stores.oci.putCertificate("ocid1.certificate.oc1.iad.c", { certificatePem: pair.cert, privateKeyPem: pair.key });
    stores.oci.putAuthority("ocid1.certificateauthority.oc1.iad.a", { certificatePem: pair.ca });
    const cert = { store: "oci-cert", ocid: "ocid1.certificate.oc1.iad.c" } as const;
    expect(
      filesOf(
        await fetchTls({
          ca: { store: "oci-cert-authority", ocid: "ocid1.certificateauthority.oc1.iad.a" },
          cert,
          key: cert,
        }),
      ),
    ).toEqual(pair);
  });

  test("HashiCorp's Vault", async () => {
    const url = stores.vault.put("secret/data/tls", { ...pair });
    const of = (field: string): SecretReference => ({ store: "vault", url, auth: "aws", role: "dask", field });
    expect(filesOf(await fetchTls({ ca: of("ca"), cert: of("cert"), key: of("key") }))).toEqual(pair);
  });

  test("a certificate of Key Vault, which packs both as PKCS #12", async () => {
    using files = new OpensslFiles();
    const { cert, key } = files.selfSigned("kv");
    const arguments_ = ["pkcs12", "-export", "-inkey", key, "-in", cert, "-passout", "pass:"];
    stores.azure.put("lab/node", execFileSync("openssl", arguments_).toString("base64"), "application/x-pkcs12");
    const reference = { store: "azure-kv", vault: "https://lab.vault.azure.net", name: "node" } as const;
    const fetched = await fetchTls({ ca: reference, cert: reference, key: reference });
    expect(fetched.status, fetched.console).toBe(0);
    expect(fetched.files["tls/cert.pem"]?.content.toString()).toBe(readFileSync(cert, "utf8"));
  });
});

test("a certificate that is renewed between two looks is looked at again", async () => {
  stores.aws.putSecret("cert", other.cert);
  const renewed = setInterval(() => {
    if (!stores.requests.some(({ body }) => body.includes("SecretId"))) return;
    clearInterval(renewed);
    stores.aws.putSecret("cert", pair.cert);
  }, 10);
  onTestFinished(() => clearInterval(renewed));
  expect(filesOf(await fetchTls(FILES))).toEqual(pair);
});

test("files are put where else they are wanted", async () => {
  const path = join(folder, "some/where/key.pem");
  expect(filesOf(await fetchTls(FILES, { key: path }))).toEqual(pair);
  expect(readFileSync(path, "utf8")).toBe(pair.key);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

describe("The start's error tells of", () => {
  test("a key that does not fit the certificate", async () => {
    stores.aws.putSecret("key", other.key);
    const { status, reason } = await fetchTls(FILES);
    expect({ status, reason }).toEqual({
      status: 78,
      reason: "Error: the key does not fit the certificate: KEY_VALUES_MISMATCH",
    });
  });

  test("a certificate that has expired", async () => {
    using files = new OpensslFiles();
    const authority = files.selfSigned("ca");
    const old = files.signed("old", authority, { days: -1 });
    stores.aws.putSecret("cert", readFileSync(old.cert, "utf8"));
    stores.aws.putSecret("key", readFileSync(old.key, "utf8"));
    const { status, reason } = await fetchTls(FILES);
    expect({ status, reason }).toEqual({ status: 78, reason: "Error: the certificate has expired" });
  });

  test("a secret that is no PEM", async () => {
    stores.aws.putSecret("key", "hunter2");
    const { status, reason, console } = await fetchTls(FILES);
    expect({ status, reason }).toEqual({ status: 78, reason: "Error: key: no PRIVATE KEY in PEM" });
    expect(console).not.toContain("hunter2");
  });

  test("an encrypted key", async () => {
    const key = execFileSync("openssl", ["pkey", "-aes256", "-passout", "pass:x"], { input: pair.key }).toString();
    stores.aws.putSecret("key", key);
    const { status, reason } = await fetchTls(FILES);
    expect({ status, reason }).toEqual({
      status: 78,
      reason: "Error: the key does not fit the certificate: it is encrypted",
    });
  });

  test("a place that cannot be written", async () => {
    const { status, reason } = await fetchTls(FILES, { key: "/proc/none/key.pem" });
    expect({ status, reason }).toEqual({ status: 78, reason: expect.stringContaining("/proc/none") });
  });
});
