import { type IdentityBody } from "../bodies/machine-parts.ts";
import type { Account } from "../state/account.ts";
import type { ScaleSet } from "../state/scale-set.ts";
import type { Vm } from "../state/vm.ts";

interface Status {
  readonly code: string;
  readonly level: "Info" | "Error";
  readonly displayStatus: string;
  readonly message?: string;
  readonly time?: string;
}

/** A VM as Azure tells of it: never with its custom data. */
export function vmJson(vm: Vm, { instanceView = false }: { readonly instanceView?: boolean } = {}): object {
  const { plan, disk } = vm;
  const { properties = {}, identity } = plan.body;
  const { storageProfile, osProfile, diagnosticsProfile, securityProfile, billingProfile } = properties;
  return {
    name: vm.name,
    id: vm.id,
    type: "Microsoft.Compute/virtualMachines",
    location: vm.location,
    tags: plan.tags,
    ...(plan.zone === undefined ? {} : { zones: [plan.zone] }),
    ...(plan.body.plan === undefined ? {} : { plan: plan.body.plan }),
    ...identityJson(identity),
    etag: vm.etag,
    properties: {
      ...(plan.scaleSet === undefined ? {} : { virtualMachineScaleSet: { id: plan.scaleSet } }),
      hardwareProfile: { vmSize: plan.size.name },
      provisioningState: vm.provisioningState,
      vmId: vm.vmId,
      storageProfile: {
        imageReference: {
          ...storageProfile?.imageReference,
          ...(plan.image.exactVersion === undefined ? {} : { exactVersion: plan.image.exactVersion }),
        },
        osDisk: {
          osType: "Linux",
          name: disk?.name ?? "",
          createOption: "FromImage",
          caching: storageProfile?.osDisk?.caching ?? "ReadWrite",
          managedDisk: { storageAccountType: plan.disk.sku, id: disk?.id },
          deleteOption: disk?.deletes === true ? "Delete" : "Detach",
          diskSizeGB: plan.disk.sizeGb,
        },
        dataDisks: [],
      },
      osProfile: { ...withoutSecrets(osProfile), computerName: plan.computerName },
      networkProfile: {
        networkInterfaces: vm.isAddressed
          ? vm.nics.map(({ id, primary, deletes }) => ({
              id,
              properties: { primary, deleteOption: deletes ? "Delete" : "Detach" },
            }))
          : [],
      },
      ...(securityProfile === undefined ? {} : { securityProfile }),
      ...(diagnosticsProfile === undefined ? {} : { diagnosticsProfile }),
      ...(plan.spot ? { priority: "Spot", evictionPolicy: plan.evictionPolicy } : {}),
      ...(billingProfile === undefined ? {} : { billingProfile }),
      timeCreated: new Date(vm.createdAt).toISOString(),
      ...(instanceView ? { instanceView: instanceViewJson(vm) } : {}),
    },
  };
}

export function instanceViewJson(vm: Vm): object {
  const { powerState } = vm;
  return {
    ...(vm.provisioningState === "Succeeded" ? { computerName: vm.plan.computerName } : {}),
    hyperVGeneration: vm.plan.image.generation,
    disks: [{ name: vm.disk?.name ?? "", statuses: [provisioning("Succeeded", vm)] }],
    statuses: [
      provisioning(vm.provisioningState, vm),
      ...(powerState === undefined
        ? []
        : [{ code: `PowerState/${powerState}`, level: "Info", displayStatus: `VM ${powerState}` }]),
    ],
  };
}

function provisioning(state: string, { failure, createdAt }: Vm): Status {
  const time = new Date(createdAt).toISOString();
  if (state === "Failed" && failure !== undefined) {
    const { code, message } = failure;
    return {
      code: `ProvisioningState/failed/${code}`,
      level: "Error",
      displayStatus: "Provisioning failed",
      message,
      time,
    };
  }
  const code = `ProvisioningState/${state.toLowerCase()}`;
  return { code, level: "Info", displayStatus: state === "Succeeded" ? "Provisioning succeeded" : state, time };
}

export function scaleSetJson(account: Account, set: ScaleSet): object {
  const { sku, zones, plan, identity, properties } = set.body;
  const { virtualMachineProfile: profile, ...rest } = properties ?? {};
  return {
    name: set.name,
    id: set.id,
    type: "Microsoft.Compute/virtualMachineScaleSets",
    location: set.location,
    tags: set.tags,
    sku: { name: sku?.name, tier: sku?.tier ?? "Standard", capacity: capacityOf(account, set) },
    ...(zones === undefined ? {} : { zones }),
    ...(plan === undefined ? {} : { plan }),
    ...identityJson(identity),
    etag: set.etag,
    properties: {
      singlePlacementGroup: false,
      ...rest,
      virtualMachineProfile: { ...profile, osProfile: withoutSecrets(profile?.osProfile) },
      provisioningState: set.provisioningState,
      uniqueId: set.uniqueId,
      timeCreated: new Date(set.createdAt).toISOString(),
    },
  };
}

function capacityOf({ clock, surroundings: { options } }: Account, set: ScaleSet): number {
  return set.capacityTold(clock.now(), options.capacityLagMs ?? options.listLagMs ?? 2000);
}

/** A member, as the list of its set has it. */
export function memberJson(vm: Vm, set: ScaleSet): object {
  return {
    name: vm.name,
    id: `${set.id}/virtualMachines/${vm.name}`,
    type: "Microsoft.Compute/virtualMachineScaleSets/virtualMachines",
    location: vm.location,
    tags: vm.plan.tags,
    instanceId: vm.name,
    ...(vm.plan.zone === undefined ? {} : { zones: [vm.plan.zone] }),
    properties: { provisioningState: vm.provisioningState, vmId: vm.vmId },
  };
}

function withoutSecrets<Profile extends { customData?: unknown; adminPassword?: unknown }>(
  profile: Profile | undefined,
): object {
  const { customData: _data, adminPassword: _password, ...rest } = profile ?? {};
  return { secrets: [], allowExtensionOperations: true, requireGuestProvisionSignal: true, ...rest };
}

function identityJson(identity: IdentityBody | undefined): object {
  if (identity === undefined) return {};
  const ids = Object.keys(identity.userAssignedIdentities ?? {});
  const known = {
    principalId: "0b1ec700-0000-4000-8000-0000000000d1",
    clientId: "c11e0000-0000-4000-8000-0000000000d1",
  };
  return {
    identity: {
      type: identity.type ?? "UserAssigned",
      userAssignedIdentities: Object.fromEntries(ids.map((id) => [id, known])),
    },
  };
}
