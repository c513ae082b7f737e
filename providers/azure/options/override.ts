import { assertOverride, type RawOverride } from "../../../src/cloud/raw-override.ts";
import type { DaskFleetError } from "../../../src/errors.ts";
import { invalid } from "../../../src/options/invalid.ts";
import { didYouMean } from "../../../src/options/option-names.ts";

/** What `extraVmOptions` cannot decide. */
const VM_OVERRIDE: Omit<RawOverride, "option"> = {
  refused: {
    location: "use the `location` option",
    tags: "use the `tags` option",
    zones: "use the `zones` option",
    plan: "use the `marketplacePlan` option",
    identity: "use the `managedIdentity` option",
    hardwareProfile:
      "use the `instanceType`, `schedulerInstanceType`, `workerInstanceType` and `instanceTypes` options",
    networkProfile: "use the `vnet`, `subnet`, `securityGroup`, `publicIp` and `workerPublicIp` options",
    priority: "use the `spot` option",
    evictionPolicy: "a spot machine that is taken back must not cost money",
    virtualMachineScaleSet: "workers are in a scale set of the cluster's own",
    availabilitySet: "workers are in a scale set of the cluster's own",
    "storageProfile.imageReference": "use the `vmImage` option",
    "storageProfile.dataDisks": "a disk that exists can be attached to one machine only",
    "storageProfile.osDisk.deleteOption": "what a machine has goes with it",
    "storageProfile.osDisk.createOption": "the disk is made from the image",
    "storageProfile.osDisk.diskSizeGB": "use the `diskSize` option",
    "osProfile.customData": "it makes the machines nodes; use `extraBootstrap` for commands of your own",
    "osProfile.computerName": "machines have the names by which Dask knows them",
    "osProfile.adminUsername": "use the `adminUsername` option",
    "osProfile.adminPassword": "passwords are off; use the `sshKeys` option",
    "osProfile.windowsConfiguration": "Dask runs on Linux here",
    "osProfile.linuxConfiguration.disablePasswordAuthentication": "passwords are off",
    "osProfile.linuxConfiguration.ssh": "use the `sshKeys` option",
  },
  shape: {
    storageProfile: { osDisk: { managedDisk: {} } },
    osProfile: { linuxConfiguration: {} },
    securityProfile: {},
    diagnosticsProfile: { bootDiagnostics: {} },
    billingProfile: {},
  },
};

/** Of a machine's own properties those that a scale set keeps beside its machines' profile. */
export const BESIDE_THE_PROFILE: readonly string[] = [
  "additionalCapabilities",
  "proximityPlacementGroup",
  "hostGroup",
  "extendedLocation",
];

/** What else the create calls of a machine and of a scale set take. */
const OTHER_FIELDS: readonly string[] = [
  ...BESIDE_THE_PROFILE,
  "applicationProfile",
  "billingProfile",
  "capacityReservation",
  "diagnosticsProfile",
  "licenseType",
  "osProfile",
  "scheduledEventsProfile",
  "securityProfile",
  "storageProfile",
  "userData",
];

/**
 * @param option the name of the override
 * @throws DaskFleetError `CONFIG_INVALID` for what other options decide, and for names that Azure does not know
 */
export function assertExtraVmOptions(option: string, extra: Readonly<Record<string, unknown>>): void {
  assertOverride({ ...VM_OVERRIDE, option }, extra);
  const unknown = Object.keys(extra).find((name) => !OTHER_FIELDS.includes(name));
  if (unknown !== undefined) throw unknownField(option, unknown, OTHER_FIELDS);
}

export function unknownField(option: string, name: string, known: readonly string[]): DaskFleetError {
  return invalid(
    `Azure's create call of machines takes no ${name} (the \`${option}\` option). ${didYouMean(name, known)}`,
  );
}
