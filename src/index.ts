export { LocalCluster, type LocalClusterOptions, type LocalWorkerGroupOptions } from "../providers/local/index.ts";
export { clusterFromFile, readClusterFile } from "./cluster-file/index.ts";
export type { ClusterFile, ClusterFileOptions, JobProgram, RunProgram } from "./cluster-file/cluster-file.ts";
export { ClusterManager } from "./cluster/cluster-manager.ts";
export type {
  ClusterPlan,
  PlannedEnds,
  PlannedNodes,
  PlannedRuntime,
  PlannedSecret,
  PlannedSecrets,
  PlannedSecurity,
  PlanOptions,
} from "./cluster/plan/cluster-plan.ts";
export { planInBrief } from "./cluster/plan/text/brief.ts";
export { planText } from "./cluster/plan/text/plan-text.ts";
export type { AdaptOptions, GroupAdaptOptions } from "./fleet/adaptive/adapt-options.ts";
export type { MachineConsole } from "./access/machine-consoles.ts";
export type { Dashboard } from "./access/dashboard/dashboard.ts";
export type {
  AttachOptions,
  ClusterClass,
  ClusterWorker,
  Defined,
  EndReason,
  RemoveOptions,
  WaitOptions,
} from "./cluster/handle-types.ts";
export type { ClusterSummary, ListedMachine, ListedState } from "./cluster/find/cluster-summary.ts";
export type { Carrier } from "./cluster/wish.ts";
export type { PresentTrouble } from "./cluster/lead/present-trouble.ts";
export type { BesideStatus, ClusterStatus, EndStatus, GroupStatus } from "./cluster/status/cluster-status.ts";
export type { ClusterLogs, LogsOptions } from "./access/logs.ts";
export type {
  Capabilities,
  CreatedMachines,
  Machine,
  MachineRequest,
  MachineState,
  Resource,
  TaggedResource,
} from "./provider/machine.ts";
export { ArrowTable } from "./access/calls/values/arrow-table.ts";
export { CallFailedError, type FailureParts } from "./access/calls/call-failed.ts";
export type { CallOptions } from "./access/calls/call.ts";
export type { Inputs } from "./access/calls/map/inputs.ts";
export type { MapError, MapOptions, MapProgress, MapValue } from "./access/calls/map/map-options.ts";
export { CommandFailedError } from "./access/run-command.ts";
export type {
  ClusterOptions,
  ResolvedClusterOptions,
  ResolvedWorkerGroupOptions,
  WorkerGroupOptions,
} from "./provider/cluster-options.ts";
export { resolveClusterOptions } from "./provider/resolve-cluster-options.ts";
export type { RegistryOptions, SecretSource, SecretValue } from "./provider/secrets/secret-values.ts";
export type {
  KnownMachines,
  StoreIdentity,
  StoreQuestion,
  UnknownMachines,
} from "./provider/secrets/store-identity.ts";
export type { ClusterId, ClusterIdentity } from "./provider/identity.ts";
export { type FoundMachine, isWhose, type Tags, taggedMachine, taggedResource, type Whose } from "./provider/tags.ts";
export type {
  ClusterState,
  MachineChange,
  NoticeChange,
  Phase,
  PhaseTiming,
  ProgressEvent,
  TroubleKind,
} from "./progress.ts";
export type {
  PlannedAccess,
  PlannedCall,
  PlannedCalls,
  PlannedDoor,
  PlannedMachines,
  PlannedMarket,
  PlannedPlace,
  PlannedResource,
  PlanRequest,
  ProviderPlan,
} from "./provider/plan.ts";
export type { Check, Finding, FindingState, Observation } from "./provider/checkup.ts";
export type { ClusterPlace, PlaceOptions } from "./provider/place.ts";
export type {
  CloudProvider,
  CommandEnvironment,
  IdentityProof,
  NodeQuestion,
  ListOptions,
  PlaceQuestion,
  Prepared,
  PrepareRequest,
  ProviderState,
} from "./provider/cloud-provider.ts";
export {
  type ConfiguredProvider,
  defineProvider,
  type ProviderDefinition,
  type ProviderRecipe,
  type WithOptions,
} from "./provider/provider-definition.ts";
export type { RunOptions } from "./access/run-command.ts";
export { RollbackIncompleteError, TeardownIncompleteError } from "./cluster/end/teardown-error.ts";
export { providerOfRecord, recordedNames } from "./cluster/find/recorded-names.ts";
export type { LogEntry } from "./dask/newest-logs.ts";
export type { WorkerInfo } from "./dask/worker-info.ts";
export type { JobPlace, JobState, JobStatus } from "./dask/agent/jobs.ts";
export type { JobFileSource, JobModule, SubmitOptions } from "./access/jobs/job-options.ts";
export { Job, type CancelOptions, type JobEnd, type JobLogsOptions, type JobWaitOptions } from "./access/jobs/job.ts";
export { DaskFleetError, type ErrorCode, type Meaning } from "./errors.ts";
export type {
  DaskSetting,
  NodeExtras,
  NodePorts,
  OptionValue,
  ProxySpec,
  SchedulerOptions,
  WorkerOptions,
} from "./bootstrap/node-spec.ts";
export { printable } from "./text/printable.ts";
export type { GroupSizes, GroupedOptions, WorkerGroup } from "./provider/worker-group.ts";
export type { MachineRole } from "./provider/role.ts";
export type { IdentitySource, TlsFile } from "./security/node-tls.ts";
export type { Role } from "./security/tls-material.ts";
export { Security } from "./security/security.ts";
export type { SecurityCheck } from "./security/security-check.ts";

export type { IdentityCloud } from "./security/references/identity-cloud.ts";
export type { OwnCertificates, PairOptions, SecurityFromOptions } from "./security/references/from-options.ts";
export type { TlsLocations } from "./security/references/locations.ts";
export type { SecurityOptions, TlsVersionOption } from "./security/security-options.ts";
export type { TemporaryOptions } from "./security/temporary/temporary-material.ts";
export type { AuthorityPlace, KeyDelivery, TemporarySecurity } from "./security/temporary/temporary-security.ts";
export type { TlsMaterial } from "./security/tls-material.ts";
export { CloudError, type CloudErrorParts } from "./cloud/errors/cloud-error.ts";
