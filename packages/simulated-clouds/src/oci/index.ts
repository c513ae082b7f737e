export { ApiError } from "./api-error.ts";
export { type ApiKey, apiKey, CredentialFiles, newApiKey } from "./credentials.ts";
export type { OciMachineView } from "./machine-view.ts";
export type { CapacityRule, SimulatedOciOptions, YoungTerminations } from "./options.ts";
export { SimulatedOci } from "./simulated-oci.ts";
export type { Account } from "./state/account.ts";
