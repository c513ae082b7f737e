import { NotUnderstood, type WireReply } from "../../core/http-cloud.ts";
import { conflict, invalidParameter, jsonReply } from "../api-error.ts";
import { vmBody } from "../bodies/virtual-machine.ts";
import { locationOf } from "../checks/location.ts";
import { assertNewDisk, assertUnchanged, vmPlan } from "../checks/virtual-machine.ts";
import { instanceViewJson, vmJson } from "../json/machines.ts";
import { checkQuota } from "../state/capacity.ts";
import type { LongOperation } from "../state/operations.ts";
import { allocate, createVm, deleteVm } from "../state/vm-life.ts";
import type { Vm, VmPlan } from "../state/vm.ts";
import { begun, type Call, checkConditions, flag, type Method, pageReply, part, query } from "./call.ts";

const COMPUTE = "Microsoft.Compute";
const IN_SET = /^'virtualMachineScaleSet\/id' eq '(?<id>[^']+)'$/iu;

export const virtualMachines = {
  VirtualMachines_CreateOrUpdate: (call) => {
    const { account } = call;
    const [group, name] = [part(call, "group"), part(call, "name")];
    const existing = account.vms.find(group, name);
    checkConditions(call, existing);
    const body = vmBody(call.request);
    const location = locationOf(account.vms.type, body.location, existing);
    const plan = vmPlan(account, { group, name, location }, body);
    if (existing !== undefined) return update(call, existing, plan);
    assertNewDisk(account, plan);
    checkQuota(account, plan);
    for (const { subnet } of plan.nics) account.addressBook.assertFree(subnet, 1);
    const vm = createVm(account, plan);
    return begun(call, creationOf(call, vm), 201, vmJson(vm));
  },
  VirtualMachines_Get: (call) => {
    const expand = query(call, "$expand");
    if (expand !== undefined && expand !== "instanceView") throw new NotUnderstood(`$expand=${expand}`);
    const vm = call.account.vms.seen(part(call, "group"), part(call, "name"));
    return jsonReply(200, vmJson(vm, { instanceView: expand !== undefined }));
  },
  VirtualMachines_InstanceView: (call) => jsonReply(200, instanceViewJson(vmOf(call))),
  VirtualMachines_List: (call) => {
    const { account } = call;
    const [filter, expand] = [query(call, "$filter"), query(call, "$expand")];
    if (expand !== undefined && (expand !== "instanceView" || filter === undefined)) {
      throw invalidParameter(
        "The expand parameter is allowed only with instanceView, and only together with a filter on a virtual machine scale set.",
        "$expand",
      );
    }
    let vms = account.vms.visibleIn(part(call, "group"));
    if (filter !== undefined) {
      const { id } = IN_SET.exec(filter)?.groups ?? {};
      if (id === undefined) throw invalidParameter(`The filter '${filter}' is not supported.`, "$filter");
      vms = vms.filter(({ plan }) => plan.scaleSet?.toLowerCase() === id.toLowerCase());
    }
    return pageReply(
      call,
      vms.map((vm) => vmJson(vm, { instanceView: expand !== undefined })),
    );
  },
  VirtualMachines_Delete: (call) => {
    flag(call, "forceDeletion");
    const { account } = call;
    const vm = account.vms.find(part(call, "group"), part(call, "name"));
    if (vm === undefined) return { status: 204 };
    deleteVm(account, vm);
    return begun(call, deletionOf(call, vm), 202);
  },
  VirtualMachines_RetrieveBootDiagnosticsData: (call) => {
    const vm = vmOf(call);
    const minutes = Number(query(call, "sasUriExpirationTimeInMinutes") ?? 120);
    if (!Number.isInteger(minutes) || minutes < 1 || minutes > 1440)
      throw new NotUnderstood("sasUriExpirationTimeInMinutes");
    if (!vm.plan.bootDiagnostics) {
      throw conflict("OperationNotAllowed", `Boot diagnostics is not enabled for the virtual machine '${vm.name}'.`);
    }
    const blob = `${call.endpoint}/bootdiagnostics/${vm.vmId}`;
    return jsonReply(200, {
      consoleScreenshotBlobUri: `${blob}/screenshot.bmp?sv=2018-03-28&sr=b&sp=r&sig=${call.account.signatures.of(vm.vmId)}`,
      serialConsoleLogBlobUri: `${blob}/serialconsole.log?sv=2018-03-28&sr=b&sp=r&sig=${call.account.signatures.of(vm.vmId)}`,
    });
  },
} satisfies Record<string, Method>;

function vmOf(call: Call): Vm {
  return call.account.vms.get(part(call, "group"), part(call, "name"));
}

/** The very same again changes nothing; a VM that failed is tried once more. */
function update(call: Call, vm: Vm, plan: VmPlan): WireReply {
  if (vm.deletedAt !== undefined) {
    throw conflict(
      "OperationNotAllowed",
      `Operation 'Update VM' is not allowed on VM '${vm.name}' since the VM is marked for deletion. You can only retry the Delete ` +
        "operation (or wait for an ongoing one to complete).",
    );
  }
  if (vm.plan.size !== plan.size) throw new NotUnderstood("another size for a VM that is there");
  assertUnchanged(vm, plan);
  vm.plan = plan;
  if (vm.disk !== undefined) vm.disk.deletes = plan.disk.deletes;
  if (vm.provisioningState === "Failed") {
    checkQuota(call.account, plan);
    allocate(call.account, vm);
  }
  return begun(call, creationOf(call, vm), 200, vmJson(vm));
}

function creationOf({ account }: Call, vm: Vm): LongOperation {
  return account.operations.begin({
    provider: COMPUTE,
    location: vm.location,
    resource: vm.id,
    outcome: () => vm.creation,
    result: () => jsonReply(200, vmJson(vm)),
  });
}

function deletionOf({ account }: Call, vm: Vm): LongOperation {
  return account.operations.begin({
    provider: COMPUTE,
    location: vm.location,
    resource: vm.id,
    outcome: () => ({ status: vm.gone ? "Succeeded" : "InProgress" }),
    result: () => ({ status: 204 }),
  });
}
