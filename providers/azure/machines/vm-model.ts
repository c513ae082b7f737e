import { generateKeyPairSync } from "node:crypto";

import type { VirtualMachine, VirtualMachineScaleSet, VirtualMachineScaleSetVMProfile } from "@azure/arm-compute";

import { hasPublicIp } from "../../../src/cloud/machines/placement.ts";
import { mergedOver } from "../../../src/cloud/raw-override.ts";
import type { MachineRequest } from "../../../src/provider/machine.ts";
import type { Membership } from "../network/firewall.ts";
import { BESIDE_THE_PROFILE } from "../options/override.ts";
import type { ResolvedAzureOptions } from "../options/resolved-options.ts";
import { workerHostPrefix } from "../tags/names.ts";
import { mergedTags } from "../tags/tags.ts";
import type { FoundSize } from "./discovery.ts";
import type { Candidate } from "./launch.ts";

export interface ModelInput {
  readonly clusterName: string;
  readonly request: MachineRequest;
  /** Of these very machines: the cluster's, overridden by their group's. */
  readonly options: ResolvedAzureOptions;
  readonly candidate: Candidate;
  readonly subnet: string;
  readonly membership: Membership;
  /** Public keys of the machines' user; one at least. */
  readonly sshKeys: readonly string[];
}

type Parts = Readonly<Record<string, unknown>>;

/** Flexible scale sets and machines make their interfaces themselves from this version of the network's API on. */
const NETWORK_API = "2022-11-01";
const DISK_TYPE = "StandardSSD_LRS";

/** A single machine with its interface, address and disk, which are created and deleted with it. */
export function machineModel(input: ModelInput, name: string): VirtualMachine {
  const model = {
    ...common(input),
    hardwareProfile: { vmSize: input.candidate.found.size },
    osProfile: { ...osProfile(input), computerName: name },
    ...profile(input, name),
  };
  return mergedOver(model, extraFor(input)) as VirtualMachine;
}

/** A set of workers, which Azure makes from one description. */
export function scaleSetModel(input: ModelInput, capacity: number): VirtualMachineScaleSet {
  const { clusterName, candidate } = input;
  const isSpot = candidate.capacityType === "spot";
  const machine: Parts = {
    osProfile: { ...osProfile(input), computerNamePrefix: workerHostPrefix(clusterName) },
    ...profile(input, `${clusterName}-worker`),
    // No price limit: never more than that of an ordinary machine. One that is taken back is gone, and costs nothing.
    ...(isSpot ? { priority: "Spot", evictionPolicy: "Delete", billingProfile: { maxPrice: -1 } } : {}),
  };
  const extra = Object.entries(extraFor(input));
  const beside = Object.fromEntries(extra.filter(([field]) => BESIDE_THE_PROFILE.includes(field)));
  const inside = Object.fromEntries(extra.filter(([field]) => !BESIDE_THE_PROFILE.includes(field)));
  return {
    ...common(input),
    sku: { name: candidate.found.size, capacity },
    orchestrationMode: "Flexible",
    // As many fault domains as there are, and no promise how machines are spread.
    platformFaultDomainCount: 1,
    singlePlacementGroup: false,
    virtualMachineProfile: mergedOver(machine, inside) as VirtualMachineScaleSetVMProfile,
    ...beside,
  };
}

/** Azure takes a limit of the price for spot machines only, and the scheduler is never one. */
function extraFor({ options: { extraVmOptions }, candidate: { capacityType } }: ModelInput): Parts {
  const { billingProfile: _limit, ...others } = extraVmOptions;
  return capacityType === "spot" ? extraVmOptions : others;
}

function common({ request, options, candidate }: ModelInput): Parts & { location: string } {
  const { location, managedIdentity, marketplacePlan } = options;
  return {
    location,
    tags: tagsOf(request, options),
    ...(candidate.zone === undefined ? {} : { zones: [candidate.zone] }),
    ...(marketplacePlan === undefined ? {} : { plan: marketplacePlan }),
    ...(managedIdentity === undefined
      ? {}
      : { identity: { type: "UserAssigned", userAssignedIdentities: { [managedIdentity]: {} } } }),
  };
}

function osProfile({ request, options, sshKeys }: ModelInput): Parts {
  const { adminUsername } = options;
  const path = `/home/${adminUsername}/.ssh/authorized_keys`;
  return {
    adminUsername,
    customData: Buffer.from(request.userData).toString("base64"),
    linuxConfiguration: {
      disablePasswordAuthentication: true,
      ssh: { publicKeys: sshKeys.map((keyData) => ({ path, keyData })) },
    },
  };
}

/**
 * What Azure would decide otherwise by the version of its API and the subscription's settings. A driver that a machine installs for
 * its GPUs is not signed with a key that Secure Boot knows.
 */
function securityOf({ hasGpu, trustedLaunch }: FoundSize, { extraVmOptions }: ResolvedAzureOptions): Parts {
  const { securityType } = (extraVmOptions["securityProfile"] ?? {}) as { securityType?: unknown };
  if (!trustedLaunch || securityType === "Standard") return {};
  const uefiSettings = { secureBootEnabled: !hasGpu, vTpmEnabled: true };
  return { securityProfile: { securityType: "TrustedLaunch", uefiSettings } };
}

/** Of a machine and all its parts. A disk has its machine's. */
function tagsOf(request: MachineRequest, { tags, vmTags }: ResolvedAzureOptions): Record<string, string> {
  return mergedTags(tags, vmTags, request.tags);
}

/** What a machine and a scale set's machines are described by alike. */
function profile({ request, options, candidate: { found }, subnet, membership }: ModelInput, name: string): Parts {
  const isPublic = hasPublicIp(request.role, options);
  const tags = tagsOf(request, options);
  const isMachine = request.role === "scheduler";
  const publicAddress = {
    name: `${name}-address`,
    tags,
    sku: { name: "Standard" },
    deleteOption: "Delete",
    // A scale set's are so anyway, and it has no such field.
    ...(isMachine ? { publicIPAllocationMethod: "Static" } : {}),
  };
  const addresses = {
    name: "dask",
    primary: true,
    subnet: { id: subnet },
    applicationSecurityGroups: membership.groups.map((id) => ({ id })),
    ...(isPublic ? { publicIPAddressConfiguration: publicAddress } : {}),
  };
  return {
    storageProfile: {
      imageReference: found.image,
      osDisk: {
        createOption: "FromImage",
        deleteOption: "Delete",
        diskSizeGB: options.diskSize,
        managedDisk: { storageAccountType: DISK_TYPE },
      },
    },
    networkProfile: {
      networkApiVersion: NETWORK_API,
      networkInterfaceConfigurations: [
        {
          name: `${name}-interface`,
          tags,
          primary: true,
          deleteOption: "Delete",
          networkSecurityGroup: { id: membership.securityGroup },
          ipConfigurations: [addresses],
        },
      ],
    },
    ...securityOf(found, options),
    // Azure keeps the console output in its own storage.
    diagnosticsProfile: { bootDiagnostics: { enabled: true } },
  };
}

const KIND = "ssh-ed25519";
const KEY_BYTES = 32;

/** A public key whose private key nobody has: Azure makes no Linux machine without a password or a key. */
export function keyForNobody(): string {
  const { publicKey } = generateKeyPairSync("ed25519");
  // The key is what an SPKI ends with (RFC 8410); OpenSSH's form has each part behind its length (RFC 8709).
  const key = publicKey.export({ type: "spki", format: "der" }).subarray(-KEY_BYTES);
  const parts = [Buffer.from(KIND), key].flatMap((part) => [lengthOf(part), part]);
  return `${KIND} ${Buffer.concat(parts).toString("base64")} nobody`;
}

function lengthOf(part: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(part.length);
  return length;
}
