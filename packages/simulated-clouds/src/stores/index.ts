export type { StoreRequest } from "./answers.ts";
export type { AzureDenial } from "./azure/azure-store.ts";
export type { OciCertificateBundle } from "./oci/oci-stores.ts";
export { SimulatedStores } from "./simulated-stores.ts";
export { ELSEWHERE, type TroubleKind } from "./troubles.ts";
export { VAULT_HOST } from "./vault/vault-store.ts";
