import type { AddressSpace } from "../../core/address-space.ts";
import type { SimClock } from "../../core/clock.ts";
import type { SimFleet } from "../../core/fleet.ts";
import { underIpv6 } from "../../core/ipv6.ts";
import type { SimMachine } from "../../core/machine.ts";
import { Subnet } from "../../core/subnet.ts";
import { Disk } from "./disks.ts";
import { admits, type Firewall } from "./firewalls.ts";
import { newId } from "./identity.ts";
import type { VmPlan } from "./vm-plan.ts";
import { Vm, vmPath } from "./vm.ts";

/** The longest that a VM of the old preemptible kind lives. */
const PREEMPTIBLE_LIFE_MS = 24 * 3_600_000;

export interface VmsSetting {
  readonly clock: SimClock;
  readonly fleet: SimFleet;
  readonly addresses: AddressSpace;
  readonly pendingMs: number;
  readonly firewalls: () => readonly Firewall[];
  /** What a program on the VM of that name finds at fixed addresses. */
  readonly around: (vm: string) => Readonly<Record<string, string>>;
  /** What is signed about a VM for a key with that SHA-256. */
  readonly identify: (vm: Vm, key256: string) => string | undefined;
}

/** All VMs and disks of a cloud that are there. */
export class Vms {
  readonly #setting: VmsSetting;
  readonly #publicAddresses: Subnet;
  readonly #vms = new Map<string, Vm>();
  readonly #disks = new Map<string, Disk>();

  constructor(setting: VmsSetting) {
    this.#setting = setting;
    this.#publicAddresses = new Subnet(setting.addresses.publicCidr);
  }

  get all(): readonly Vm[] {
    return [...this.#vms.values()];
  }

  get disks(): readonly Disk[] {
    return [...this.#disks.values()];
  }

  get(path: string): Vm | undefined {
    return this.#vms.get(path);
  }

  disk(path: string): Disk | undefined {
    return this.#disks.get(path);
  }

  forgetDisk(path: string): void {
    this.#disks.delete(path);
  }

  in(zone: string): readonly Vm[] {
    return this.all.filter(({ plan }) => plan.zone === zone);
  }

  /** Makes a VM with its disks and switches it on. Whether it may be was checked before. */
  create(plan: VmPlan, name: string, hostname?: string): Vm {
    const { addresses, clock, fleet, pendingMs } = this.#setting;
    const path = vmPath(plan, name);
    const id = newId();
    const privateAddress = plan.subnetwork.addresses.take();
    const publicAddress = plan.accessConfig === undefined ? undefined : this.#publicAddresses.take();
    const hasIpv6 = plan.ipv6AccessConfig !== undefined || (plan.stackType !== "IPV4_ONLY" && isInternal(plan));
    const ipv6Address = hasIpv6 ? addresses.ipv6Of(privateAddress, () => this.#publicAddresses.take()) : undefined;
    const labels = plan.input.labels ?? {};
    const disks = plan.disks.map((disk, index) => {
      const diskName = disk.name ?? (index === 0 ? name : `${name}-${index}`);
      return new Disk({ ...plan, name: diskName }, disk, { path, labels }, clock.now());
    });
    for (const disk of disks) this.#disks.set(disk.path, disk);
    const gone = Promise.withResolvers<void>();
    const machine: SimMachine = fleet.launch(
      {
        id,
        // Cloud-init writes the first part of a name with a domain.
        hostname: (hostname ?? plan.input.hostname ?? name).split(".")[0] ?? name,
        instanceId: id,
        privateAddress,
        publicAddress,
        ipv6Address,
        ipv6Only: plan.stackType === "IPV6_ONLY",
        userData: plan.userData,
        cloudInit: plan.disks[0]?.image?.cloudInit,
        attributes: Object.fromEntries(
          (plan.input.metadata?.items ?? []).map(({ key, value }) => [key ?? "", value ?? ""]),
        ),
        surroundings: this.#setting.around(name),
        identity: (key256) => this.#setting.identify(vm, key256),
        admits: (source, port) => this.#admits(plan, source, port),
      },
      {
        // A guest that powers itself off leaves a VM that is stopped, whatever its scheduling says.
        onGuestShutdown: (machine) => machine.stop(),
        onGone: () => {
          this.#remove(vm, [publicAddress, underIpv6(ipv6Address)]);
          gone.resolve();
        },
      },
    );
    const times = { terminatesAt: this.#deadline(plan), stagingMs: pendingMs / 2 };
    const vm: Vm = new Vm(name, plan, { machine, disks, gone: gone.promise, ...times }, clock);
    this.#vms.set(path, vm);
    if (vm.terminatesAt !== undefined) clock.after(vm.terminatesAt - clock.now(), () => terminate(vm));
    return vm;
  }

  /** The time after which the cloud ends it by itself. */
  #deadline({ scheduling }: VmPlan): number | undefined {
    const { maxRunMs, terminationTime, preemptible } = scheduling;
    const runningAt = this.#setting.clock.now() + this.#setting.pendingMs;
    const ends = [
      ...(maxRunMs === undefined ? [] : [runningAt + maxRunMs]),
      ...(terminationTime === undefined ? [] : [terminationTime]),
      ...(preemptible ? [runningAt + PREEMPTIBLE_LIFE_MS] : []),
    ];
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  #admits({ network, tags }: VmPlan, source: string, port: number): boolean {
    const from = this.all.find((vm) => vm.plan.network === network && vm.machine.input.privateAddress === source);
    return admits(this.#setting.firewalls(), { network, tags, source, sourceTags: from?.plan.tags ?? [], port });
  }

  #remove(vm: Vm, publicAddresses: readonly (string | undefined)[]): void {
    this.#vms.delete(vm.path);
    vm.plan.subnetwork.addresses.release(vm.machine.input.privateAddress);
    for (const address of publicAddresses) if (address !== undefined) this.#publicAddresses.release(address);
    for (const disk of vm.disks) {
      disk.user = undefined;
      if (disk.plan.autoDelete) this.#disks.delete(disk.path);
    }
  }
}

function isInternal({ subnetwork }: VmPlan): boolean {
  return subnetwork.ipv6AccessType === "INTERNAL";
}

/** What the cloud does with a VM that it preempts, or whose time is over. */
export function terminate(vm: Vm): void {
  if (vm.plan.scheduling.terminationAction === "DELETE") vm.destroy();
  else vm.stop();
}
