import { randomBytes, randomInt } from "node:crypto";

import type { VmBody } from "../bodies/virtual-machine.ts";
import { vmPlan } from "../checks/virtual-machine.ts";
import type { Account } from "./account.ts";
import { checkQuota } from "./capacity.ts";
import type { Outcome } from "./operations.ts";
import type { ScaleSet } from "./scale-set.ts";
import { createVm, deleteVm } from "./vm-life.ts";
import type { Vm, VmPlan } from "./vm.ts";

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** What the set's next machine is like, without a name of its own. @throws ApiError where there can be none of that model */
export function modelOf(account: Account, { id, group, name, location, body, tags }: ScaleSet): VmPlan {
  const { virtualMachineProfile: profile, platformFaultDomainCount: _domains } = body.properties ?? {};
  const { osProfile, ...rest } = profile ?? {};
  const { computerNamePrefix = name, ...os } = osProfile ?? {};
  const machine: VmBody = {
    location,
    tags: (account.surroundings.options.memberTags ?? true) ? tags : {},
    zones: body.zones,
    plan: body.plan,
    identity: body.identity,
    properties: {
      ...rest,
      hardwareProfile: { vmSize: body.sku?.name },
      osProfile: osProfile && { ...os, computerName: `${computerNamePrefix}000000` },
    },
  };
  return vmPlan(account, { group, name: `${name}_00000000`, location, scaleSet: id }, machine);
}

/** The members are so many from now on. Gives those that are made or deleted. @throws ApiError, and does nothing then */
export function scaleTo(account: Account, set: ScaleSet, capacity: number): readonly Vm[] {
  const members = account.membersOf(set.id);
  const more = capacity - members.length;
  if (more <= 0) {
    // Which ones is the cloud's own affair: their names are random.
    const leaving = [...members].sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, -more);
    for (const vm of leaving) deleteVm(account, vm);
    set.count(account.clock.now(), capacity);
    return leaving;
  }
  const model = modelOf(account, set);
  checkQuota(account, model, more);
  for (const { subnet } of model.nics) account.addressBook.assertFree(subnet, more);
  const names = new Set(account.vms.all.map(({ name }) => name));
  set.count(account.clock.now(), capacity);
  return Array.from({ length: more }, (_, nth) => {
    const zones = set.body.zones ?? [];
    const zone = zones[(members.length + nth) % Math.max(1, zones.length)];
    return createVm(account, { ...model, ...namesOf(set, names), zone });
  });
}

/** How the making and deleting of members goes. */
export function outcomeOf(vms: readonly Vm[]): Outcome {
  const outcomes = vms.map(({ creation, deletedAt, gone }): Outcome => {
    if (deletedAt === undefined) return creation;
    return { status: gone ? "Succeeded" : "InProgress" };
  });
  return (
    outcomes.find(({ status }) => status === "InProgress") ??
    outcomes.find(({ status }) => status === "Failed") ?? { status: "Succeeded" }
  );
}

function namesOf({ name, body }: ScaleSet, taken: Set<string>): Pick<VmPlan, "name" | "computerName"> {
  let own: string;
  do own = `${name}_${randomBytes(4).toString("hex")}`;
  while (taken.has(own));
  taken.add(own);
  const prefix = body.properties?.virtualMachineProfile?.osProfile?.computerNamePrefix ?? name;
  const suffix = Array.from({ length: 6 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
  return { name: own, computerName: `${prefix}${suffix}` };
}
