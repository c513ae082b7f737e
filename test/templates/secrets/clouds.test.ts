import { SimulatedStores } from "@dask-fleet/simulated-clouds/stores";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { SecretReference } from "../../../src/security/references/secret-reference.ts";
import { fetchOnMachine, fetchValue, ODD, sourced } from "./fetching.ts";

let stores: SimulatedStores;
beforeEach(async () => {
  stores = await new SimulatedStores().start();
});
afterEach(() => stores[Symbol.asyncDispose]());

const AZURE = { store: "azure-kv", vault: "https://lab.vault.azure.net", name: "token" } as const;

/** Puts a value where the reference finds it. */
const STORES: readonly [name: string, put: (value: string) => SecretReference][] = [
  [
    "Secrets Manager by name",
    (value) => (stores.aws.putSecret("dask/token", value), { store: "aws-sm", id: "dask/token" }),
  ],
  [
    "Secrets Manager by ARN, from its region",
    (value) => ({ store: "aws-sm", id: stores.aws.putSecret("t", value, "us-west-2").arn }),
  ],
  [
    "Secrets Manager's binary",
    (value) => (stores.aws.putSecret("t", Buffer.from(value)), { store: "aws-sm", id: "t" }),
  ],
  [
    "Parameter Store",
    (value) => (stores.aws.putParameter("/dask/token", value), { store: "aws-ssm", id: "/dask/token" }),
  ],
  ["Google's Secret Manager", (value) => ({ store: "gcp-sm", name: stores.gcp.put("projects/p/secrets/s", value) })],
  ["Key Vault", (value) => (stores.azure.put("lab/token", value), AZURE)],
];

describe("A value arrives byte for byte from", () => {
  test.each(STORES)("%s", async (_, put) => {
    expect(sourced(await fetchValue(stores, put(ODD)))).toBe(ODD);
  });

  test.each(STORES)("%s, as a member of a JSON secret", async (_, put) => {
    const reference = { ...put(JSON.stringify({ other: 1, "a b": ODD })), field: "a b" } as SecretReference;
    expect(sourced(await fetchValue(stores, reference))).toBe(ODD);
  });

  test("an older version where the reference names one", async () => {
    const { version } = stores.aws.putSecret("t", "old");
    stores.aws.putSecret("t", "new");
    expect(sourced(await fetchValue(stores, { store: "aws-sm", id: "t", version }))).toBe("old");
    stores.aws.putParameter("p", "old");
    stores.aws.putParameter("p", "new");
    expect(sourced(await fetchValue(stores, { store: "aws-ssm", id: "p", version: "1" }))).toBe("old");
    const older = stores.azure.put("lab/token", "old");
    stores.azure.put("lab/token", "new");
    expect(sourced(await fetchValue(stores, { ...AZURE, version: older }))).toBe("old");
  });

  test("each of two places that have secrets of one name", async () => {
    stores.azure.put("lab/token", "lab's");
    stores.azure.put("other/token", "other's");
    const { version } = stores.aws.putSecret("t", "old");
    stores.aws.putSecret("t", "new");
    stores.aws.putSecret("t", "west's", "us-west-2");
    const envVars = {
      LAB: AZURE,
      OTHER: { ...AZURE, vault: "https://other.vault.azure.net" },
      OLD: { store: "aws-sm", id: "t", version },
      NEW: { store: "aws-sm", id: "t" },
      WEST: { store: "aws-sm", id: "t", region: "us-west-2" },
    } as const;
    const { files } = await fetchOnMachine(stores, { envVars });
    expect(files["env"]?.content.toString()).toBe(
      "export LAB='lab'\\''s' OTHER='other'\\''s' OLD='old' NEW='new' WEST='west'\\''s'\n",
    );
  });

  test("the numbers and switches of a JSON secret, as the launcher reads them", async () => {
    stores.aws.putSecret("t", JSON.stringify({ port: 5432, ssl: true }));
    expect(sourced(await fetchValue(stores, { store: "aws-sm", id: "t", field: "port" }))).toBe("5432");
    expect(sourced(await fetchValue(stores, { store: "aws-sm", id: "t", field: "ssl" }))).toBe("true");
  });
});

/** Refusals that no other try ends in another way, and the words in which the start's error tells them. */
const REFUSED: readonly [name: string, prepare: () => SecretReference, words: string][] = [
  [
    "an instance without a profile",
    () => ((stores.aws.role = undefined), { store: "aws-sm", id: "t" }),
    "aws-sm:t: this machine has no identity: 169.254.169.254: 404 ",
  ],
  [
    "a role that EC2 may not assume",
    () => ((stores.aws.roleTrouble = "AssumeRoleUnauthorizedAccess"), { store: "aws-sm", id: "t" }),
    "aws-sm:t: the instance profile's role: AssumeRoleUnauthorizedAccess",
  ],
  [
    "a secret of AWS that the role may not read",
    () => (stores.aws.putSecret("t", "x"), stores.aws.denied.add("t"), { store: "aws-sm", id: "t" }),
    'aws-sm:t: secretsmanager.eu-central-1.amazonaws.com: 400 {"__type":"com.amazon.coral.service#AccessDeniedException","message":"User: arn:aws:sts::123456789012:assumed-role/dask-node/',
  ],
  [
    "a parameter whose key the role may not use, each time with another request's id",
    () => (stores.aws.putParameter("p", "x"), stores.aws.keyDenied.add("p"), { store: "aws-ssm", id: "p" }),
    "The ciphertext refers to a customer master key that does not exist",
  ],
  [
    "a secret of another region",
    () => (stores.aws.putSecret("t", "x", "us-west-2"), { store: "aws-sm", id: "t" }),
    'aws-sm:t: secretsmanager.eu-central-1.amazonaws.com: 400 {"__type":"ResourceNotFoundException","message":"Secrets Manager can\'t find the specified secret.',
  ],
  [
    "a secret of AWS that is to be deleted",
    () => (stores.aws.putSecret("t", "x"), stores.aws.deleteSecret("t"), { store: "aws-sm", id: "t" }),
    ': 400 {"__type":"InvalidRequestException","message":"You can\'t perform this operation on the secret because it was marked for deletion.',
  ],
  [
    "a missing parameter",
    () => ({ store: "aws-ssm", id: "/none", region: "eu-west-1" }),
    'aws-ssm:/none: ssm.eu-west-1.amazonaws.com: 400 {"__type":"ParameterNotFound"',
  ],
  [
    "a version of a missing parameter",
    () => (stores.aws.putParameter("p", "x"), { store: "aws-ssm", id: "p", version: "7" }),
    'aws-ssm:p: ssm.eu-central-1.amazonaws.com: 400 {"__type":"ParameterVersionNotFound"',
  ],
  [
    "an instance of Google's without a service account",
    () => ((stores.gcp.hasAccount = false), { store: "gcp-sm", name: "projects/p/secrets/s/versions/latest" }),
    "gcp-sm:projects/p/secrets/s/versions/latest: this machine has no identity: 169.254.169.254: 404 ",
  ],
  [
    "an instance of Google's without the scope",
    () => ((stores.gcp.hasScope = false), { store: "gcp-sm", name: stores.gcp.put("projects/p/secrets/s", "x") }),
    '403,"message":"Request had insufficient authentication scopes.',
  ],
  [
    "a secret of Google's that the account may not read",
    () => (
      stores.gcp.denied.add("projects/p/secrets/s"),
      { store: "gcp-sm", name: stores.gcp.put("projects/p/secrets/s", "x") }
    ),
    "403,\"message\":\"Permission 'secretmanager.versions.access' denied for resource 'projects/p/secrets/s/versions/1'",
  ],
  [
    "a destroyed version",
    () => {
      const name = stores.gcp.put("projects/p/secrets/s", "x");
      stores.gcp.setState("projects/p/secrets/s", 1, "DESTROYED");
      return { store: "gcp-sm", name };
    },
    'secretmanager.googleapis.com: 400 {"error":{"code":400,"message":"Secret Version [projects/p/secrets/s/versions/1] is in DESTROYED state.',
  ],
  [
    "a missing secret of Google's",
    () => ({ store: "gcp-sm", name: "projects/p/secrets/none/versions/latest" }),
    'secretmanager.googleapis.com: 404 {"error":{"code":404,"message":"Secret [projects/p/secrets/none] not found or has no versions.',
  ],
  [
    "a VM without a managed identity",
    () => ((stores.azure.identities = 0), AZURE),
    'azure-kv:token: this machine has no identity: 169.254.169.254: 400 {"error":"invalid_request","error_description":"Identity not found"}',
  ],
  [
    "a VM with several",
    () => ((stores.azure.identities = 2), AZURE),
    "Multiple user assigned identities exist, please specify the clientId / resourceId",
  ],
  ...(["ForbiddenByRbac", "AccessDenied", "ForbiddenByFirewall", "SecretDisabled"] as const).map(
    (denial): (typeof REFUSED)[number] => [
      `Key Vault's ${denial}`,
      () => (stores.azure.put("lab/token", "x"), stores.azure.denials.set("lab/token", denial), AZURE),
      `azure-kv:token: lab.vault.azure.net: 403 {"error":{"code":"Forbidden"`,
    ],
  ),
  [
    "a soft-deleted secret",
    () => (stores.azure.put("lab/token", "x"), stores.azure.softDelete("lab/token"), AZURE),
    'lab.vault.azure.net: 404 {"error":{"code":"SecretNotFound","message":"A secret with (name/id) token is currently in a deleted but recoverable state',
  ],
];

describe("The start's error tells of", () => {
  test.each(REFUSED)("%s", async (_, prepare, words) => {
    const { status, reason, files } = await fetchValue(stores, prepare());
    expect({ status, reason }).toEqual({
      status: 78,
      reason: expect.stringContaining(words.replaceAll(/[{}"]/gu, "")),
    });
    expect(reason).toMatch(/^Error: [\x20-\x7e]{1,400}$/u);
    expect(files).toEqual({});
  });
});
