import { NotUnderstood } from "../../core/http-cloud.ts";
import { badRequest, invalidField } from "../api-error.ts";
import type { InstanceInput, ServiceAccountInput } from "../resources.ts";
import type { Account } from "../state/account.ts";
import type { VmPlan } from "../state/vm-plan.ts";
import { checkDisks } from "./disks.ts";
import { type Asked, checkAccelerators, checkMachineType } from "./machine.ts";
import { checkMetadata } from "./metadata.ts";
import { checkLabels, checkTags } from "./names.ts";
import { checkNetworkInterfaces } from "./network.ts";
import { checkScheduling } from "./scheduling.ts";

const MOST_TAGS = 64;

/** Fields of the cloud that this simulation lacks: ignoring them would hide a mistake. */
const NOT_SIMULATED: ReadonlySet<string> = new Set([
  "confidentialInstanceConfig",
  "instanceEncryptionKey",
  "params",
  "reservationAffinity",
  "resourceManagerTags",
  "sourceMachineImage",
  "workloadIdentityConfig",
]);

/** Checks a VM that is asked for, as the cloud does before it begins anything, and completes it. */
export function checkInstance(account: Account, asked: Asked, input: InstanceInput): VmPlan {
  const { field, project, zone } = asked;
  refuseNotSimulated(input);
  const machineType = checkMachineType(asked, input.machineType);
  const gpus = checkAccelerators(asked, machineType, input.guestAccelerators);
  const { disks, warnings } = checkDisks(asked, input.disks, machineType, account.images);
  const nic = checkNetworkInterfaces(asked, input.networkInterfaces, account.networks);
  checkLabels(`${field}.labels`, input.labels);
  const tags = checkTags(`${field}.tags.items`, input.tags?.items ?? [], MOST_TAGS);
  const userData = checkMetadata(`${field}.metadata`, input.metadata?.items);
  checkServiceAccounts(`${field}.serviceAccounts`, input.serviceAccounts);
  const now = account.clock.now();
  const scheduling = checkScheduling(`${field}.scheduling`, input.scheduling, { hasGpus: gpus.length > 0, now });
  if (
    input.shieldedInstanceConfig?.enableIntegrityMonitoring === true &&
    input.shieldedInstanceConfig.enableVtpm === false
  ) {
    throw badRequest("Virtual Trusted Platform Module (vTPM) must be enabled to enable Integrity Monitoring.");
  }
  return { project, zone, input, machineType, gpus, disks, ...nic, tags, scheduling, userData, warnings };
}

function refuseNotSimulated(input: InstanceInput): void {
  const fields = Object.entries(input).filter(([name, value]) => NOT_SIMULATED.has(name) && !isEmpty(value));
  const nics = (input.networkInterfaces ?? []).filter(({ networkIP }) => (networkIP ?? "") !== "");
  const disks = (input.disks ?? []).filter(({ source, type, initializeParams }) => {
    return (source ?? "") !== "" || type === "SCRATCH" || (initializeParams?.sourceSnapshot ?? "") !== "";
  });
  const found = [
    ...fields.map(([name]) => name),
    ...nics.map(() => "networkInterfaces with fixed addresses"),
    ...disks.map(() => "disks of other sources than images"),
  ];
  if (found.length > 0) throw new NotUnderstood(`not simulated: ${found.join(", ")}`);
}

/** The SDK sends empty maps for those that were not given. */
function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

function checkServiceAccounts(field: string, accounts: readonly ServiceAccountInput[] = []): void {
  if (accounts.length > 1) throw invalidField(field, accounts, "At most one service account can be specified.");
  for (const { email, scopes = [] } of accounts) {
    if (email !== "default" && !/^[^@\s]+@[^@\s]+\.gserviceaccount\.com$/u.test(email ?? "")) {
      throw invalidField(`${field}[0].email`, email, "The email is not a valid service account.");
    }
    if (scopes.length === 0) throw invalidField(`${field}[0].scopes`, "", "At least one scope should be specified.");
    for (const [index, scope] of scopes.entries()) {
      if (!scope.startsWith("https://www.googleapis.com/auth/")) {
        throw invalidField(`${field}[0].scopes[${index}]`, scope, "The scope is invalid.");
      }
    }
  }
}
