export type { StoreRequest } from "./answers.ts";
export type { AzureDenial } from "./azure/azure-store.ts";
export { SimulatedStores } from "./simulated-stores.ts";
export { ELSEWHERE, type TroubleKind } from "./troubles.ts";
