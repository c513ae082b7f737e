import type { SecretReference } from "../security/references/secret-reference.ts";
import type { SecretStore } from "./secret-store.ts";

/** The store of a reference; its code is loaded when it is first wanted. */
export async function storeFor(reference: SecretReference): Promise<SecretStore<SecretReference>> {
  return await load(reference.store);
}

async function load(store: SecretReference["store"]): Promise<SecretStore<never>> {
  switch (store) {
    case "aws-sm":
      return (await import("./aws/aws-store.ts")).awsSecrets;
    case "aws-ssm":
      return (await import("./aws/aws-store.ts")).awsParameters;
    case "gcp-sm":
      return (await import("./gcp/gcp-store.ts")).gcpSecrets;
    case "azure-kv":
      return (await import("./azure/azure-store.ts")).azureSecrets;
    case "oci-cert":
      return (await import("./oci/oci-store.ts")).ociCertificates;
    case "oci-cert-authority":
      return (await import("./oci/oci-store.ts")).ociAuthorities;
    case "oci-vault":
      return (await import("./oci/oci-store.ts")).ociSecrets;
    case "vault":
    default:
      return (await import("./vault/vault-store.ts")).vaultSecrets;
  }
}
