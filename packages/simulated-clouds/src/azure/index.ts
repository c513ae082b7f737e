export { AccessTokens } from "./access-tokens.ts";
export { ApiError, jsonReply } from "./api-error.ts";
export { AuthorityServer, credentialVariables } from "./authority.ts";
export type { AzureMachineView } from "./machine-view.ts";
export type { CapacityRule, Quotas, SimulatedAzureOptions } from "./options.ts";
export { NO_PUBLIC_ADDRESSES, type Policy, requiresTag } from "./policy.ts";
export { SimulatedAzure } from "./simulated-azure.ts";
export { SUBSCRIPTION } from "./state/shelf.ts";
