import { distance } from "fastest-levenshtein";

import type { SecretReference } from "./secret-reference.ts";

export type Store = SecretReference["store"];

/** What each store's references look like, for messages. */
export const FORMS: Readonly<Record<Store, string>> = {
  "aws-sm": "aws-sm:NAME or aws-sm:ARN, with ?region=REGION, ?version=ID and #FIELD where they are needed",
  "aws-ssm": "aws-ssm:NAME or aws-ssm:ARN, with ?region=REGION, ?version=NUMBER and #FIELD where they are needed",
  "gcp-sm": "gcp-sm:projects/PROJECT/secrets/SECRET or gcp-sm:projects/PROJECT/secrets/SECRET/versions/VERSION",
  "azure-kv": "azure-kv:VAULT/NAME, azure-kv:VAULT/NAME/VERSION or azure-kv:https://VAULT.vault.azure.net/secrets/NAME",
  "oci-cert": "oci-cert:ocid1.certificate.…",
  "oci-cert-authority": "oci-cert-authority:ocid1.certificateauthority.…",
  "oci-vault": "oci-vault:ocid1.vaultsecret.…",
  vault: "vault:https://HOST:8200/v1/PATH?auth=aws|gcp|azure&role=ROLE#FIELD",
};

export const STORES = Object.keys(FORMS) as readonly Store[];

/** The store that a text names before its first colon. */
export function storeOf(text: string): Store | undefined {
  return STORES.find((store) => text.startsWith(`${store}:`));
}

const PREFIX = /^([A-Za-z][A-Za-z0-9_-]{2,24}):/;

/** The store that a text seems to mean with a misspelt name: `gcp-sn:…`. A path of one letter and a colon is a drive of Windows. */
export function misspeltStore(text: string): Store | undefined {
  const [, prefix] = PREFIX.exec(text) ?? [];
  if (prefix === undefined || storeOf(text) !== undefined) return undefined;
  const spelled = prefix.toLowerCase().replaceAll("_", "-");
  const [nearest] = STORES.map((store) => ({ store, edits: distance(spelled, store) }))
    .filter(({ store, edits }) => edits <= (store.length > 6 ? 2 : 1))
    .sort((a, b) => a.edits - b.edits);
  return nearest?.store;
}
