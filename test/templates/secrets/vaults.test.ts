import { SimulatedStores } from "@dask-fleet/simulated-clouds/stores";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { SecretReference, VaultSecret } from "../../../src/security/references/secret-reference.ts";
import { fetchValue, ODD, sourced } from "./fetching.ts";

let stores: SimulatedStores;
beforeEach(async () => {
  stores = await new SimulatedStores().start();
});
afterEach(() => stores[Symbol.asyncDispose]());

const OCI_SECRET = { store: "oci-vault", ocid: "ocid1.vaultsecret.oc1.iad.s" } as const;

function secretOfVault(auth: VaultSecret["auth"], path: string, value: string): VaultSecret {
  return {
    store: "vault",
    url: stores.vault.put(path, { token: value, other: 1 }),
    auth,
    role: "dask",
    field: "token",
  };
}

describe("A value arrives byte for byte from", () => {
  test("OCI's Vault, by the instance's principal", async () => {
    stores.oci.putSecret(OCI_SECRET.ocid, ODD);
    expect(sourced(await fetchValue(stores, OCI_SECRET))).toBe(ODD);
  });

  test.each(["eu-frankfurt-1", "phx", ""])("a vault of OCI in the region that its OCID names: %j", async (region) => {
    const ocid = `ocid1.vaultsecret.oc1.${region}.s`;
    stores.oci.putSecret(ocid, ODD);
    expect(sourced(await fetchValue(stores, { store: "oci-vault", ocid }))).toBe(ODD);
  });

  test("KV version 1 of Vault, where a member is called metadata", async () => {
    const url = stores.vault.put("kv1/dask", { token: "x", metadata: "m" });
    expect(sourced(await fetchValue(stores, { store: "vault", url, auth: "aws", role: "dask", field: "token" }))).toBe(
      "x",
    );
  });

  test.each([
    ["aws", "secret/data/dask"],
    ["gcp", "secret/data/dask"],
    ["azure", "kv1/dask"],
  ] as const)("HashiCorp's Vault, by the login %s, from %s", async (auth, path) => {
    expect(sourced(await fetchValue(stores, secretOfVault(auth, path, ODD)))).toBe(ODD);
    // The machine gives its token back.
    expect(stores.vault.tokens).toBe(0);
  });

  test("a namespace of Vault", async () => {
    stores.vault.namespace = "team-a";
    const reference = { ...secretOfVault("aws", "secret/data/dask", "x"), namespace: "team-a" };
    expect(sourced(await fetchValue(stores, reference))).toBe("x");
  });
});

/** Refusals that no other try ends in another way, and the words in which the start's error tells them. */
const REFUSED: readonly [name: string, prepare: () => SecretReference, words: string][] = [
  [
    "an OCI instance without a principal",
    () => ((stores.oci.principal.hasIdentity = false), OCI_SECRET),
    "oci-vault:ocid1.vaultsecret.oc1.iad.s: this machine has no identity: 169.254.169.254: 404 404 Not Found",
  ],
  [
    "a secret of OCI that the dynamic group may not read",
    () => (stores.oci.putSecret(OCI_SECRET.ocid, "x"), stores.oci.denied.add(OCI_SECRET.ocid), OCI_SECRET),
    'secrets.vaults.us-ashburn-1.oci.oraclecloud.com: 404 {"code":"NotAuthorizedOrNotFound","message":"Authorization failed',
  ],
  [
    "a missing role of Vault",
    () => ({ ...secretOfVault("aws", "secret/data/dask", "x"), role: "other" }),
    'vault.example.com:8200: 400 {"errors":["entry for role \\"other\\" not found"]}',
  ],
  [
    "a path that Vault's policy does not allow",
    () => (stores.vault.denied.add("secret/data/dask"), secretOfVault("gcp", "secret/data/dask", "x")),
    "vault:https://vault.example.com:8200/v1/secret/data/dask: vault.example.com:8200: 403",
  ],
  [
    "a deleted version of Vault's",
    () => (stores.vault.deleteVersion("secret/data/dask"), secretOfVault("aws", "secret/data/dask", "x")),
    '"deletion_time":"2026-01-01T00:00:00Z"',
  ],
  [
    "a member that the secret has not",
    () => ({ ...secretOfVault("aws", "secret/data/dask", "x"), field: "password" }),
    "no JSON object with a text password",
  ],
];

describe("The start's error tells of", () => {
  test.each(REFUSED)("%s", async (_, prepare, words) => {
    const { status, reason, files } = await fetchValue(stores, prepare());
    expect({ status, reason }).toEqual({
      status: 78,
      reason: expect.stringContaining(words.replaceAll(/[{}"]/gu, "")),
    });
    expect(files).toEqual({});
  });

  test("a sealed Vault, once the time is over", async () => {
    stores.vault.sealed = true;
    const { status, reason } = await fetchValue(stores, secretOfVault("aws", "secret/data/dask", "x"), { seconds: 2 });
    expect({ status, reason }).toEqual({ status: 124, reason: expect.stringContaining("Vault is sealed") });
  });
});
