import type { SecretReference } from "../../../../src/security/references/secret-reference.ts";

const ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:dask/key-a1b2c3";
const OCID = "oc1.eu-frankfurt-1.amaaaaaa7x2xnqyaqm5o3fkh5zq";

/** Texts that people write, what they mean, and how we write them where that differs. */
export const EXAMPLES: readonly (readonly [text: string, reference: SecretReference, canonical?: string])[] = [
  ["aws-sm:dask/key", { store: "aws-sm", id: "dask/key" }],
  [`aws-sm:${ARN}`, { store: "aws-sm", id: ARN }],
  ["aws-sm:rds!db-1a2b#password", { store: "aws-sm", id: "rds!db-1a2b", field: "password" }],
  [
    "aws-sm:dask?region=eu-west-1&version=0123abcd-45ef#key",
    { store: "aws-sm", id: "dask", region: "eu-west-1", version: "0123abcd-45ef", field: "key" },
  ],
  [
    "aws-sm:dask#key?region=us-gov-west-1",
    { store: "aws-sm", id: "dask", region: "us-gov-west-1", field: "key" },
    "aws-sm:dask?region=us-gov-west-1#key",
  ],
  ["aws-ssm:/dask/token?version=3", { store: "aws-ssm", id: "/dask/token", version: "3" }],
  [
    "gcp-sm:projects/lab-1234/secrets/token",
    { store: "gcp-sm", name: "projects/lab-1234/secrets/token/versions/latest" },
  ],
  [
    "gcp-sm:projects/42/secrets/token/versions/7#pem",
    { store: "gcp-sm", name: "projects/42/secrets/token/versions/7", field: "pem" },
  ],
  ["azure-kv:lab/key", { store: "azure-kv", vault: "https://lab.vault.azure.net", name: "key" }],
  [
    "azure-kv:https://Lab.vault.azure.net/secrets/key/0a1b",
    { store: "azure-kv", vault: "https://lab.vault.azure.net", name: "key", version: "0a1b" },
    "azure-kv:lab/key/0a1b",
  ],
  [
    "azure-kv:https://lab.vault.azure.cn/secrets/key",
    { store: "azure-kv", vault: "https://lab.vault.azure.cn", name: "key" },
  ],
  [`oci-cert:ocid1.certificate.${OCID}`, { store: "oci-cert", ocid: `ocid1.certificate.${OCID}` }],
  [
    `oci-cert-authority:ocid1.certificateauthority.${OCID}`,
    { store: "oci-cert-authority", ocid: `ocid1.certificateauthority.${OCID}` },
  ],
  [
    `oci-vault:ocid1.vaultsecret.${OCID}#token`,
    { store: "oci-vault", ocid: `ocid1.vaultsecret.${OCID}`, field: "token" },
  ],
  [
    "vault:https://vault.example.com:8200/v1/secret/data/dask?auth=gcp&role=dask&mount=gcp-lab&namespace=team/a#token",
    {
      store: "vault",
      url: "https://vault.example.com:8200/v1/secret/data/dask",
      field: "token",
      auth: "gcp",
      role: "dask",
      mount: "gcp-lab",
      namespace: "team/a",
    },
  ],
  [
    "vault:https://vault.example.com/v1/kv/dask#token?auth=aws&role=dask",
    { store: "vault", url: "https://vault.example.com/v1/kv/dask", field: "token", auth: "aws", role: "dask" },
    "vault:https://vault.example.com/v1/kv/dask?auth=aws&role=dask#token",
  ],
  [
    "vault:http://127.0.0.1:8200/v1/kv/dask?auth=azure&role=r#t",
    { store: "vault", url: "http://127.0.0.1:8200/v1/kv/dask", field: "t", auth: "azure", role: "r" },
  ],
];
