export { AccessTokens } from "./access-tokens.ts";
export { ApiError, jsonReply } from "./api-error.ts";
export { CredentialServer } from "./credentials.ts";
export type { GcpMachineView } from "./machine-view.ts";
export type {
  CapacityRule,
  ImageOptions,
  NetworkOptions,
  PolicyOptions,
  ProvisioningModel,
  QuotaMetric,
  SimulatedGcpOptions,
  SubnetworkOptions,
} from "./options.ts";
export { SimulatedGcp } from "./simulated-gcp.ts";
export type { RefusalKind } from "./state/refusals.ts";
