import type { Vm, VmStatus } from "./state/vm.ts";

/** A VM, as a test looks at it. */
export interface GcpMachineView {
  /** Its number. */
  readonly id: string;
  readonly name: string;
  readonly status: VmStatus;
  readonly zone: string;
  readonly machineType: string;
  readonly spot: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Network tags. */
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly network: string;
  readonly subnetwork: string;
  readonly privateAddress: string;
  readonly publicAddress: string | undefined;
  /** As cloud-init reads it, its base64 taken off. */
  readonly userData: Buffer | undefined;
  /** As it was completed. */
  readonly scheduling: Readonly<Record<string, unknown>>;
  readonly diskNames: readonly string[];
  readonly image: string | undefined;
}

export function machineView(vm: Vm): GcpMachineView {
  const { plan, machine, disks } = vm;
  const items = plan.input.metadata?.items ?? [];
  return {
    id: vm.id,
    name: vm.name,
    status: vm.status,
    zone: plan.zone,
    machineType: plan.machineType.name,
    spot: plan.scheduling.model === "SPOT",
    labels: vm.labels,
    tags: plan.tags,
    metadata: Object.fromEntries(items.map(({ key = "", value = "" }) => [key, value])),
    network: plan.network.name,
    subnetwork: plan.subnetwork.name,
    privateAddress: machine.input.privateAddress,
    publicAddress: machine.input.publicAddress,
    userData: plan.userData,
    scheduling: plan.scheduling.json,
    diskNames: disks.map(({ name }) => name),
    image: plan.disks[0]?.image?.name,
  };
}
