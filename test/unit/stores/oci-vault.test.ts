import { generateKeyPairSync, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it, onTestFinished, vi } from "vitest";

import type { VaultSecret } from "../../../src/security/references/secret-reference.ts";
import { ociAccess } from "../../../src/stores/credentials/oci.ts";
import { fetchSecret, lookAtSecret } from "../../../src/stores/fetch-secret.ts";
import { type Asked, environment, type LoopbackStore, loopbackStore, type Reply } from "./loopback-store.ts";

const { signal } = new AbortController();

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "dask-fleet-stores-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

async function oracle(reply: (asked: Asked) => Reply | undefined): Promise<LoopbackStore> {
  const store = await loopbackStore(reply);
  const home = folder();
  writeFileSync(join(home, "key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
  writeFileSync(
    join(home, "config"),
    `[DEFAULT]\nuser=ocid1.user.oc1..u\nfingerprint=aa:bb\ntenancy=ocid1.tenancy.oc1..t\nregion=eu-frankfurt-1\nkey_file=${join(home, "key.pem")}\n`,
  );
  environment({ OCI_CLI_CONFIG_FILE: join(home, "config"), OCI_CLI_ENDPOINT: store.url });
  return store;
}

function isSigned({ method, path, headers }: Asked): boolean {
  const authorization = String(headers["authorization"]);
  const names = /headers="([^"]+)"/.exec(authorization)?.[1]?.split(" ") ?? [];
  const signature = /signature="([^"]+)"/.exec(authorization)?.[1] ?? "";
  const lines = names.map((name) =>
    name === "(request-target)" ? `${name}: ${method.toLowerCase()} ${path}` : `${name}: ${String(headers[name])}`,
  );
  return verify("sha256", Buffer.from(lines.join("\n")), publicKey, Buffer.from(signature, "base64"));
}

describe("A secret of OCI", () => {
  const ocid = "ocid1.certificate.oc1.eu-frankfurt-1.abc";

  it("is the part of a certificate's bundle that is wanted, asked with a signature", async () => {
    const bundle = { certificatePem: "LEAF\n", certChainPem: "CHAIN\n", privateKeyPem: "KEY" };
    const store = await oracle(() => ({ body: bundle }));
    await expect(fetchSecret({ store: "oci-cert", ocid }, "cert", signal)).resolves.toBe("LEAF\nCHAIN\n");
    await expect(fetchSecret({ store: "oci-cert", ocid }, "key", signal)).resolves.toBe("KEY");
    const [first] = store.asked;
    expect(first?.path).toBe(
      `/20210224/certificateBundles/${ocid}?certificateBundleType=CERTIFICATE_CONTENT_WITH_PRIVATE_KEY`,
    );
    expect(first && isSigned(first)).toBe(true);
  });

  it("may be a vault's, and is looked at without its value", async () => {
    const secret = { store: "oci-vault", ocid: "ocid1.vaultsecret.oc1.iad.abc" } as const;
    const content = Buffer.from("s3cret").toString("base64");
    const store = await oracle(({ path }) => ({
      body: path.startsWith("/20190301/")
        ? { secretBundleContent: { content } }
        : { lifecycleState: "PENDING_DELETION" },
    }));
    await expect(fetchSecret(secret, "value", signal)).resolves.toBe("s3cret");
    await expect(lookAtSecret(secret, signal)).resolves.toEqual({ state: "bad", found: "pending_deletion" });
    expect(store.asked.at(-1)?.path).toBe(`/20180608/secrets/${secret.ocid}`);
  });

  it.each([
    ["ocid1.certificate.oc1.iad.a", "us-ashburn-1.oci.oraclecloud.com"],
    ["ocid1.certificate.oc1.sa-saopaulo-1.a", "sa-saopaulo-1.oci.oraclecloud.com"],
    ["ocid1.certificate.oc2.us-langley-1.a", "us-langley-1.oci.oraclegovcloud.com"],
    ["ocid1.certificate.oc1.xx-newest-9.a", "xx-newest-9.oci.oraclecloud.com"],
    ["ocid1.certificate.oc1..a", "eu-frankfurt-1.oci.oraclecloud.com"],
  ])("is where its OCID names it: %s", async (inPlace, place) => {
    await oracle(() => undefined);
    await expect(ociAccess({ store: "oci-cert", ocid: inPlace }, signal)).resolves.toMatchObject({ place });
  });

  it("is asked for by the resource principal of a notebook", async () => {
    await oracle(() => undefined);
    const key = join(folder(), "key.pem");
    writeFileSync(key, privateKey.export({ type: "pkcs8", format: "pem" }));
    const claims = Buffer.from(JSON.stringify({ res_tenant: "t", exp: Math.floor(Date.now() / 1000) + 3600 }));
    const token = `e30.${claims.toString("base64url")}.c2ln`;
    for (const [name, value] of Object.entries({
      OCI_RESOURCE_PRINCIPAL_VERSION: "2.2",
      OCI_RESOURCE_PRINCIPAL_RPST: token,
      OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM: key,
      OCI_RESOURCE_PRINCIPAL_REGION: "us-phoenix-1",
    })) {
      vi.stubEnv(name, value);
    }
    const access = await ociAccess({ store: "oci-cert", ocid: "ocid1.certificate.oc1..a" }, signal);
    expect(access.place).toBe("us-phoenix-1.oci.oraclecloud.com");
    const headers = await access.headersFor(`https://certificates.${access.place}/20210224/certificateBundles/a`);
    expect(headers["authorization"]).toContain(`keyId="ST$${token}"`);
  });

  it("needs credentials", async () => {
    environment({ OCI_CLI_CONFIG_FILE: "/nonexistent/config" });
    await expect(fetchSecret({ store: "oci-cert", ocid }, "key", signal)).rejects.toMatchObject({
      code: "AUTH_FAILED",
      message: expect.stringContaining("set up ~/.oci/config"),
    });
  });
});

describe("A secret of Vault", () => {
  const secretAt = (url: string): VaultSecret => ({
    store: "vault",
    url: `${url}/v1/secret/data/dask`,
    field: "token",
    auth: "aws",
    role: "dask",
    namespace: "team",
  });

  it("is read with the token of the environment, from either engine", async () => {
    const bodies = [{ data: { data: { token: "two" }, metadata: { version: 1 } } }, { data: { token: "one" } }];
    const store = await loopbackStore(() => ({ body: bodies.shift() }));
    environment({ VAULT_TOKEN: "hvs.abc" });
    await expect(fetchSecret(secretAt(store.url), "value", signal)).resolves.toBe("two");
    await expect(fetchSecret(secretAt(store.url), "value", signal)).resolves.toBe("one");
    expect(store.asked[0]).toMatchObject({
      path: "/v1/secret/data/dask",
      headers: { "x-vault-token": "hvs.abc", "x-vault-namespace": "team" },
    });
  });

  it("is read with the token that `vault login` has kept", async () => {
    const store = await loopbackStore(() => ({ body: { data: { token: "t" } } }));
    const home = folder();
    writeFileSync(join(home, ".vault-token"), "hvs.kept\n");
    for (const variables of [{}, { VAULT_TOKEN: "" }]) {
      environment({ HOME: home, ...variables });
      await expect(fetchSecret(secretAt(store.url), "value", signal)).resolves.toBe("t");
      expect(store.asked.at(-1)?.headers["x-vault-token"]).toBe("hvs.kept");
    }
  });

  it("is not asked for with another server's token", async () => {
    const store = await loopbackStore(() => ({ body: { data: { token: "t" } } }));
    environment({ VAULT_TOKEN: "hvs.abc", VAULT_ADDR: "https://vault.example.com:8200" });
    await expect(fetchSecret(secretAt(store.url), "value", signal)).rejects.toMatchObject({
      code: "AUTH_FAILED",
      message: expect.stringContaining("your token is for the server of VAULT_ADDR"),
    });
    expect(store.asked).toEqual([]);
    environment({ VAULT_TOKEN: "hvs.abc", VAULT_ADDR: `${store.url}/` });
    await expect(fetchSecret(secretAt(store.url), "value", signal)).resolves.toBe("t");
  });

  it("needs a token, and its refusal is told in words", async () => {
    const store = await loopbackStore(() => ({ status: 403, body: { errors: ["permission denied"] } }));
    environment({});
    await expect(fetchSecret(secretAt(store.url), "value", signal)).rejects.toMatchObject({
      message: expect.stringContaining("sign in with `vault login`, or set VAULT_TOKEN"),
    });
    environment({ VAULT_TOKEN: "hvs.abc" });
    await expect(fetchSecret(secretAt(store.url), "value", signal)).rejects.toMatchObject({
      code: "AUTH_FAILED",
      meaning: "permission",
      message: expect.stringContaining("(permission denied). It needs a policy with the capability read"),
    });
  });

  it("is looked at by its metadata", async () => {
    const data = { current_version: 2, versions: { 2: { deletion_time: "2026-12-01T00:00:00Z", destroyed: false } } };
    const store = await loopbackStore(() => ({ body: { data } }));
    environment({ VAULT_TOKEN: "hvs.abc" });
    const secret = secretAt(store.url);
    await expect(lookAtSecret(secret, signal)).resolves.toEqual({
      state: "bad",
      found: "its current version is deleted",
    });
    await expect(lookAtSecret({ ...secret, url: `${store.url}/v1/kv/dask` }, signal)).resolves.toMatchObject({
      state: "unknown",
    });
    expect(store.asked.map(({ path }) => path)).toEqual(["/v1/secret/metadata/dask"]);
  });
});
