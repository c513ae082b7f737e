import { badRequest, conflict, invalidParameter, jsonReply } from "../api-error.ts";
import { deletionBody, type ScaleSetBody, scaleSetBody, scaleSetChange } from "../bodies/scale-set.ts";
import { locationOf } from "../checks/location.ts";
import { assertNotBusy, assertSameSet, checkCapacity, checkScaleSet } from "../checks/scale-set.ts";
import { checkTags } from "../checks/tags.ts";
import { memberJson, scaleSetJson } from "../json/machines.ts";
import type { LongOperation } from "../state/operations.ts";
import { modelOf, outcomeOf, scaleTo } from "../state/scale-set-life.ts";
import { ScaleSet } from "../state/scale-set.ts";
import { deleteVm } from "../state/vm-life.ts";
import type { Vm } from "../state/vm.ts";
import { begun, type Call, checkConditions, flag, type Method, pageReply, part, query } from "./call.ts";

export const scaleSets = {
  VirtualMachineScaleSets_CreateOrUpdate: (call) => {
    const { account } = call;
    const [group, name] = [part(call, "group"), part(call, "name")];
    const existing = account.scaleSets.find(group, name);
    checkConditions(call, existing);
    const body = scaleSetBody(call.request);
    const location = locationOf(account.scaleSets.type, body.location, existing);
    checkScaleSet(name, body);
    const capacity = checkCapacity(body.sku?.capacity);
    if (existing !== undefined) {
      assertNotBusy(existing, "Update");
      assertSameSet(existing, body);
      return rewrite(call, existing, body, capacity);
    }
    const set = new ScaleSet(group, name, location, body, account.clock.now());
    modelOf(account, set);
    const made = scaleTo(account, set, capacity);
    account.scaleSets.put(set);
    return begun(call, writeTo(call, set, made), 201, scaleSetJson(account, set));
  },
  VirtualMachineScaleSets_Update: (call) => {
    const { account } = call;
    const set = setOf(call);
    const { sku, tags, properties } = scaleSetChange(call.request);
    assertNotBusy(set, "Update");
    checkConditions(call, set);
    checkTags(tags);
    const { name = set.body.sku?.name, capacity = account.membersOf(set.id).length } = sku ?? {};
    return rewrite(
      call,
      set,
      {
        ...withCustomData(set.body, properties?.virtualMachineProfile.osProfile.customData),
        tags: tags ?? set.tags,
        sku: { ...set.body.sku, name, capacity },
      },
      checkCapacity(capacity),
    );
  },
  VirtualMachineScaleSets_Get: (call) => {
    const set = call.account.scaleSets.seen(part(call, "group"), part(call, "name"));
    return jsonReply(200, scaleSetJson(call.account, set));
  },
  VirtualMachineScaleSets_List: (call) => {
    const sets = call.account.scaleSets.visibleIn(part(call, "group"));
    return pageReply(
      call,
      sets.map((set) => scaleSetJson(call.account, set)),
    );
  },
  VirtualMachineScaleSets_Delete: (call) => {
    const force = flag(call, "forceDeletion");
    const { account } = call;
    const set = account.scaleSets.find(part(call, "group"), part(call, "name"));
    if (set === undefined) return { status: 204 };
    const members = account.vms.all.filter(({ plan }) => plan.scaleSet?.toLowerCase() === set.id.toLowerCase());
    if (members.length > 0 && !force && set.deletedAt === undefined) {
      throw conflict(
        "OperationNotAllowed",
        `Virtual Machine Scale Set '${set.name}' cannot be deleted since it contains ${members.length} virtual machine(s). Delete ` +
          "these first, or delete it with forceDeletion=true.",
      );
    }
    for (const vm of members) deleteVm(account, vm);
    set.deletedAt ??= account.clock.now();
    return begun(call, deletionOf(call, set, members), 202);
  },
  VirtualMachineScaleSets_DeleteInstances: (call) => {
    flag(call, "forceDeletion");
    const { account } = call;
    const set = setOf(call);
    const ids = deletionBody(call.request);
    assertNotBusy(set, "Delete Instances of");
    if (ids.length === 0) throw invalidParameter("The value of parameter instanceIds is invalid.", "instanceIds");
    const members = new Map(account.membersOf(set.id).map((vm) => [vm.name.toLowerCase(), vm]));
    const leaving = ids.map((id) => {
      const vm = members.get(id.toLowerCase());
      if (vm !== undefined) return vm;
      throw badRequest(
        "InvalidParameter",
        `The provided instanceId ${id} is not an active Virtual Machine Scale Set VM instanceId.`,
        "instanceIds",
      );
    });
    for (const vm of leaving) deleteVm(account, vm);
    return begun(call, writeTo(call, set, leaving), 202);
  },
  VirtualMachineScaleSetVMs_List: (call) => {
    const set = setOf(call);
    if (query(call, "$filter") !== undefined || query(call, "$select") !== undefined) {
      throw invalidParameter("The filter and select parameters are not supported here.", "$filter");
    }
    const vms = call.account.vms
      .visibleIn(part(call, "group"))
      .filter(({ plan }) => plan.scaleSet?.toLowerCase() === set.id.toLowerCase());
    return pageReply(
      call,
      vms.map((vm) => memberJson(vm, set)),
    );
  },
} satisfies Record<string, Method>;

function setOf(call: Call): ScaleSet {
  return call.account.scaleSets.get(part(call, "group"), part(call, "name"));
}

/** The machines that come from now on are like this, and there are so many. */
function rewrite(call: Call, set: ScaleSet, body: ScaleSetBody, capacity: number): ReturnType<Method> {
  const { account } = call;
  const before = { body: set.body, tags: set.tags };
  Object.assign(set, { body, tags: body.tags ?? {} });
  let changed: readonly Vm[];
  try {
    modelOf(account, set);
    changed = scaleTo(account, set, capacity);
  } catch (error) {
    Object.assign(set, before);
    throw error;
  }
  set.changed();
  return begun(call, writeTo(call, set, changed), 200, scaleSetJson(account, set));
}

function writeTo({ account }: Call, set: ScaleSet, vms: readonly Vm[]): LongOperation {
  set.write = account.operations.begin({
    provider: "Microsoft.Compute",
    location: set.location,
    resource: set.id,
    outcome: () => {
      if (set.deletedAt === undefined) return outcomeOf(vms);
      const message = "The operation has been preempted by a more recent operation.";
      return { status: "Canceled", error: { code: "OperationPreempted", message } };
    },
    result: () => jsonReply(200, scaleSetJson(account, set)),
  });
  return set.write;
}

function deletionOf({ account }: Call, set: ScaleSet, members: readonly Vm[]): LongOperation {
  const { clock, options } = account.surroundings;
  const atLeast = clock.now() + (options.networkMs ?? 1000);
  const isOver = (): boolean => clock.now() >= atLeast && members.every(({ gone }) => gone);
  const finish = (): void => {
    if (isOver()) account.scaleSets.delete(set);
    else clock.after(100, finish);
  };
  clock.after(options.networkMs ?? 1000, finish);
  return account.operations.begin({
    provider: "Microsoft.Compute",
    location: set.location,
    resource: set.id,
    outcome: () => ({ status: account.scaleSets.byId(set.id) === set ? "InProgress" : "Succeeded" }),
    result: () => ({ status: 204 }),
  });
}

/** The model with other custom data for machines to come. */
function withCustomData(body: ScaleSetBody, customData: string | undefined): ScaleSetBody {
  const { properties } = body;
  const machine = properties?.virtualMachineProfile;
  if (customData === undefined || machine === undefined) return body;
  const osProfile = { ...machine.osProfile, customData };
  return { ...body, properties: { ...properties, virtualMachineProfile: { ...machine, osProfile } } };
}
