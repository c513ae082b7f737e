import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { AzureSecret, GcpSecret } from "../../../src/security/references/secret-reference.ts";
import { fetchSecret, lookAtSecret } from "../../../src/stores/fetch-secret.ts";
import {
  environment,
  type LoopbackStore,
  loopbackStore,
  type Reply,
  serve,
  type TestServer,
} from "./loopback-store.ts";

const { signal } = new AbortController();
const NAME = "projects/lab-1234/secrets/token/versions/latest";
const SECRET: GcpSecret = { store: "gcp-sm", name: NAME };

/** Secret Manager, and the metadata service that gives tokens for it. */
async function google(reply: (path: string) => Reply | undefined): Promise<LoopbackStore> {
  const store = await loopbackStore(({ path }) => {
    if (!path.startsWith("/computeMetadata/")) return reply(path);
    const headers = { "metadata-flavor": "Google" };
    if (path.includes("/token"))
      return { headers, body: { access_token: "g-token", expires_in: 3600, token_type: "Bearer" } };
    return { headers, body: path.endsWith("project-id") ? "lab-1234" : "googleapis.com" };
  });
  environment({
    GCE_METADATA_HOST: store.url.replace("http://", ""),
    METADATA_SERVER_DETECTION: "assume-present",
    CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER: `${store.url}/`,
  });
  return store;
}

describe("A secret of Google's", () => {
  it("is read with application default credentials", async () => {
    const data = Buffer.from("s3cret ✓").toString("base64");
    const store = await google(() => ({ body: { name: NAME, payload: { data } } }));
    await expect(fetchSecret(SECRET, "value", signal)).resolves.toBe("s3cret ✓");
    expect(store.asked.at(-1)).toMatchObject({
      path: `/v1/${NAME}:access`,
      headers: { authorization: "Bearer g-token" },
    });
  });

  it.each<[number, object, string, string]>([
    [
      403,
      { status: "PERMISSION_DENIED", message: "denied on \u001B[31mresource" },
      "AUTH_FAILED",
      "(denied on resource). It needs the role Secret Manager Secret Accessor",
    ],
    [
      404,
      { status: "NOT_FOUND", message: "not found" },
      "CONFIG_INVALID",
      "There is no secret gcp-sm:projects/lab-1234/secrets/token (not found)",
    ],
    [
      400,
      { status: "FAILED_PRECONDITION", message: "is in DISABLED state" },
      "CONFIG_INVALID",
      "is disabled or deleted (is in DISABLED state)",
    ],
    [401, { status: "UNAUTHENTICATED" }, "AUTH_FAILED", "refused this computer's credentials."],
  ])("that is refused with HTTP %i is told in words", async (status, error, code, words) => {
    await google(() => ({ status, body: { error } }));
    await expect(fetchSecret(SECRET, "value", signal)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
  });

  it("is looked at without its value", async () => {
    const states = ["ENABLED", "DESTROYED"];
    const store = await google(() => ({ body: { state: states.shift() } }));
    await expect(lookAtSecret(SECRET, signal)).resolves.toEqual({ state: "good", found: "enabled" });
    await expect(lookAtSecret(SECRET, signal)).resolves.toEqual({ state: "bad", found: "destroyed" });
    expect(store.asked.some(({ path }) => path.includes(":access"))).toBe(false);
  });
});

/** A managed identity's tokens. One server for all tests: the SDK remembers the first. */
let identity: TestServer;

beforeAll(async () => {
  identity = await serve(() => ({
    body: { access_token: "a-token", expires_on: String(Math.floor(Date.now() / 1000) + 3600), resource: "r" },
  }));
});

afterAll(() => identity.close());

async function azure(reply: (path: string) => Reply): Promise<{ store: LoopbackStore; secret: AzureSecret }> {
  const store = await loopbackStore(({ path }) => reply(path));
  environment({ IDENTITY_ENDPOINT: `${identity.url}/msi`, IDENTITY_HEADER: "h" });
  return { store, secret: { store: "azure-kv", vault: store.url, name: "key" } };
}

describe("A secret of Azure's", () => {
  it("is read with Azure's default credentials", async () => {
    const { store, secret } = await azure(() => ({ body: { value: "s3cret" } }));
    await expect(fetchSecret({ ...secret, version: "0a" }, "value", signal)).resolves.toBe("s3cret");
    expect(store.asked.at(-1)).toMatchObject({
      path: "/secrets/key/0a?api-version=7.4",
      headers: { authorization: "Bearer a-token" },
    });
  });

  it("that is disabled is told so", async () => {
    const error = { code: "Forbidden", message: "disabled", innererror: { code: "SecretDisabled" } };
    const { secret } = await azure(() => ({ status: 403, body: { error } }));
    await expect(fetchSecret(secret, "value", signal)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("is disabled or deleted (disabled)"),
    });
  });

  it("is looked at without its value", async () => {
    const value = [{ id: "https://lab.vault.azure.net/secrets/key/0a", attributes: { enabled: true } }];
    const { store, secret } = await azure(() => ({ body: { value } }));
    await expect(lookAtSecret(secret, signal)).resolves.toEqual({ state: "good", found: "enabled" });
    await expect(lookAtSecret({ ...secret, version: "0b" }, signal)).rejects.toMatchObject({ meaning: "gone" });
    expect(store.asked.at(-1)?.path).toBe("/secrets/key/versions?api-version=7.4");
  });

  it("is as its newest version is, on whatever page", async () => {
    const version = (id: string, enabled: boolean, created: number): object => ({
      id: `https://lab.vault.azure.net/secrets/key/${id}`,
      attributes: { enabled, created },
    });
    const pages: Reply[] = [];
    const { store, secret } = await azure(() => pages.shift() ?? { status: 500, body: "" });
    const nextLink = `${store.url}/secrets/key/versions?api-version=7.4&$skiptoken=eyJ`;
    const both: Reply[] = [
      { body: { value: [version("0a", true, 1)], nextLink } },
      { body: { value: [version("0b", false, 2)], nextLink: null } },
    ];
    pages.push(...both);
    await expect(lookAtSecret(secret, signal)).resolves.toEqual({ state: "bad", found: "disabled" });
    pages.push(...both);
    await expect(lookAtSecret({ ...secret, version: "0b" }, signal)).resolves.toMatchObject({ state: "bad" });
    expect(store.asked.at(-1)?.path).toBe("/secrets/key/versions?api-version=7.4&$skiptoken=eyJ");
    pages.push({
      body: { value: [version("0a", true, 1)], nextLink: "https://elsewhere.example.com/secrets/key/versions?" },
    });
    await expect(lookAtSecret(secret, signal)).resolves.toMatchObject({ state: "good" });
  });

  it("that packs a certificate says what the launcher needs instead", async () => {
    const { secret } = await azure(() => ({ body: { value: "MIIK", contentType: "application/x-pkcs12" } }));
    await expect(fetchSecret(secret, "cert", signal)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("Set `client` to a certificate and key in PEM"),
    });
  });
});
