import type { PowerState, Vm } from "./state/vm.ts";

/** A VM, as a test looks at it. */
export interface AzureMachineView {
  /** Its name. */
  readonly id: string;
  readonly vmId: string;
  readonly computerName: string;
  readonly provisioningState: string;
  readonly powerState: PowerState | undefined;
  /** Whether Dask can run on it, now or soon. */
  readonly on: boolean;
  readonly spot: boolean;
  readonly vmSize: string;
  readonly zone: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly privateAddress: string;
  readonly publicAddress: string | undefined;
  /** As cloud-init reads it, its base64 taken off. */
  readonly userData: Buffer | undefined;
  /** The name of the scale set that it belongs to. */
  readonly scaleSet: string | undefined;
  readonly image: string;
  /** Ids of the managed identities that it has. */
  readonly identities: readonly string[];
  readonly resourceGroup: string;
}

export function machineView(vm: Vm): AzureMachineView {
  const { plan, vmId, nics, provisioningState, powerState } = vm;
  const [nic] = nics;
  return {
    id: plan.name,
    vmId,
    computerName: plan.computerName,
    provisioningState,
    powerState,
    on: vm.deletedAt === undefined && vm.hasPower,
    spot: plan.spot,
    vmSize: plan.size.name,
    zone: plan.zone,
    tags: plan.tags,
    privateAddress: nic?.privateAddress ?? "",
    publicAddress: nic?.publicAddress?.address,
    userData: plan.userData,
    scaleSet: plan.scaleSet?.split("/").at(-1),
    image: plan.image.label,
    identities: Object.keys(plan.identity?.userAssignedIdentities ?? {}),
    resourceGroup: plan.group,
  };
}
