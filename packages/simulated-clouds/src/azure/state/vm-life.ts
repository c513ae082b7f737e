import { randomBytes, randomUUID } from "node:crypto";

import type { Account } from "./account.ts";
import { lackOfRoom } from "./capacity.ts";
import type { Disk, Nic, PublicAddress } from "./parts.ts";
import { admits } from "./reach.ts";
import { resourceId } from "./shelf.ts";
import type { VmPlan } from "./vm.ts";
import { Vm } from "./vm.ts";

/** Makes a VM with its parts, also where it will be found that there is no room for it. */
export function createVm(account: Account, plan: VmPlan): Vm {
  const { clock } = account;
  const vm = new Vm(plan, timesFrom(account), clock);
  account.vms.put(vm);
  const nics = plan.nics.map((nic) => makeNic(account, vm, nic));
  vm.nics = nics;
  vm.disk = makeDisk(account, vm);
  allocate(account, vm);
  return vm;
}

/** Looks for a computer for a VM that has none, and switches it on. */
export function allocate(account: Account, vm: Vm): void {
  const { plan } = vm;
  vm.times = timesFrom(account);
  vm.failure = lackOfRoom(account, plan);
  if (vm.failure !== undefined) return;
  const [nic] = vm.nics;
  if (nic === undefined) throw new Error(`${vm.name} has no network interface`);
  vm.machine = account.surroundings.fleet.launch(
    {
      id: vm.vmId,
      instanceId: vm.vmId,
      hostname: plan.computerName,
      privateAddress: nic.privateAddress,
      publicAddress: nic.publicAddress?.address,
      userData: plan.userData,
      surroundings: account.surroundings.around(vm.name),
      identity: (key256) => account.surroundings.attest(vm, key256),
      admits: (source, port) => admits(account, nic, source, port),
    },
    {
      // It stays, and is charged for, until it is deleted.
      onGuestShutdown: (off) => off.stop(),
      onGone: () => finish(account, vm),
    },
  );
}

/** Accepts the deletion of a VM; a second time changes nothing. */
export function deleteVm(account: Account, vm: Vm): void {
  if (vm.deletedAt !== undefined) return;
  const { clock, options } = account.surroundings;
  vm.deletedAt = clock.now();
  const set = vm.plan.scaleSet === undefined ? undefined : account.scaleSets.byId(vm.plan.scaleSet);
  set?.changed();
  set?.count(clock.now(), account.membersOf(set.id).length);
  if (vm.machine === undefined) clock.after(options.stoppingMs ?? 10_000, () => finish(account, vm));
  else vm.machine.destroy();
}

/** A VM's host fails, or a Spot VM is evicted. */
export function evict(account: Account, vm: Vm): void {
  if (vm.plan.spot && vm.plan.evictionPolicy === "Delete") {
    deleteVm(account, vm);
    return;
  }
  vm.deallocates = vm.plan.spot;
  vm.machine?.stop();
}

/** The VM is gone, and of its parts those that are to go with it. */
function finish(account: Account, vm: Vm): void {
  if (vm.gone) return;
  vm.gone = true;
  account.vms.delete(vm);
  for (const nic of vm.nics) {
    const { nicReservedMs = 0 } = account.surroundings.options;
    if (vm.failure !== undefined) nic.reservedUntil = vm.times.failsAt + nicReservedMs;
    if (nic.deletes && nic.reservedUntil <= account.clock.now()) removeNic(account, nic);
    else nic.vm = undefined;
  }
  const { disk } = vm;
  if (disk === undefined) return;
  disk.vm = undefined;
  if (disk.deletes) account.disks.delete(disk);
}

/** With it goes its public address where that is to go with the VM. */
function removeNic(account: Account, nic: Nic): void {
  const { publicAddress } = nic;
  deleteNic(account, nic);
  if (publicAddress?.deletes === true) deletePublicAddress(account, publicAddress);
}

export function deleteNic(account: Account, nic: Nic): void {
  account.nics.delete(nic);
  account.addressBook.release(nic.subnet, nic.privateAddress);
  if (nic.publicAddress !== undefined) nic.publicAddress.nic = undefined;
}

export function deletePublicAddress(account: Account, publicAddress: PublicAddress): void {
  account.publicAddresses.delete(publicAddress);
  account.publicPool.release(publicAddress.address);
}

function timesFrom({ clock, surroundings: { options } }: Account): Vm["times"] {
  const { bootMs = 30_000, pendingMs = 8000 } = options;
  const runsMs = Math.min(pendingMs, bootMs);
  const { addressMs = runsMs / 4, provisionedMs = runsMs * 1.1, allocationMs = runsMs / 2 } = options;
  const now = clock.now();
  return { addressedAt: now + addressMs, provisionedAt: now + provisionedMs, failsAt: now + allocationMs };
}

function makeNic(account: Account, vm: Vm, plan: VmPlan["nics"][number]): Nic {
  const name = `${plan.configuration}-${randomBytes(4).toString("hex")}`;
  const common = { group: vm.group, location: vm.location, createdAt: vm.createdAt, madeFor: vm.plan.tags };
  let publicAddress: PublicAddress | undefined;
  if (plan.publicAddress !== undefined) {
    const { name: wanted, tags, sku, deletes } = plan.publicAddress;
    const own = `${wanted}-${randomBytes(4).toString("hex")}`;
    publicAddress = {
      ...common,
      id: resourceId(vm.group, "Microsoft.Network/publicIPAddresses", own),
      name: own,
      tags,
      sku,
      deletes,
      address: account.publicPool.take(),
      addressedAt: vm.times.addressedAt,
      nic: undefined,
    };
    account.publicAddresses.put(publicAddress);
  }
  const nic: Nic = {
    ...common,
    id: resourceId(vm.group, "Microsoft.Network/networkInterfaces", name),
    name,
    tags: plan.tags,
    configuration: plan.configuration,
    ipConfiguration: plan.ipConfiguration,
    primary: plan.primary,
    accelerated: plan.accelerated,
    subnet: plan.subnet.id,
    securityGroup: plan.securityGroup,
    applicationGroups: plan.applicationGroups,
    privateAddress: account.addressBook.take(plan.subnet),
    publicAddress,
    deletes: plan.deletes,
    vm: vm.id,
    reservedUntil: 0,
  };
  if (publicAddress !== undefined) publicAddress.nic = nic;
  account.nics.put(nic);
  return nic;
}

/** A disk has the tags of the VM that it is made with. */
function makeDisk(account: Account, vm: Vm): Disk {
  const { disk, tags, zone } = vm.plan;
  const name = disk.name ?? `${vm.name}_OsDisk_1_${randomBytes(16).toString("hex")}`;
  const made: Disk = {
    id: resourceId(vm.group, "Microsoft.Compute/disks", name),
    group: vm.group,
    name,
    location: vm.location,
    createdAt: vm.createdAt,
    tags,
    madeFor: tags,
    sizeGb: disk.sizeGb,
    sku: disk.sku,
    zone,
    uniqueId: randomUUID(),
    deletes: disk.deletes,
    vm: vm.id,
  };
  account.disks.put(made);
  return made;
}
